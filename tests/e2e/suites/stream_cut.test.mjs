// The engine's stream is cut off at every byte: the client is told so in so many words, and nothing is charged.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectOneSentence } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { Person } from '../harness/people.mjs';
import { HEAD_BYTES, PLAIN, TOOLS, cutOnTheWire, endedEarly, played } from '../harness/recording.mjs';
import { Server } from '../harness/server.mjs';
import { Upstream } from '../harness/upstream.mjs';

const SENTENCE = 'The AI could not answer.';
/** An account that this happened to pays from then on. */
const FORGIVEN = 3;
/** They share the work; each takes one account after the other, since an engine that fails often is left alone. */
const SERVERS = 4;

const upTo = (count) => Array.from({ length: count }, (_, at) => at);

/** What a cut after so many bytes is, and what of the recording is whole by then. */
const WAYS = {
  'the connection closed': (recording) =>
    upTo(recording.wire.length + 1).map((at) => ({
      at,
      cue: cutOnTheWire(recording, at),
      opened: at >= HEAD_BYTES,
      whole: recording.wholeOnWireFrom.filter((from) => from <= at).length,
    })),
  'the body ended': (recording) =>
    upTo(recording.body.length + 1).map((at) => ({
      at,
      cue: endedEarly(recording, at),
      opened: true,
      whole: recording.wholeFrom.filter((from) => from <= at).length,
    })),
};

/** The events that a client is sent before the error. */
function expectedOf(dialect, events) {
  const sent = events.filter(({ closing }) => !closing);
  if (dialect === COMPLETIONS) return sent.map(({ data }) => ({ type: undefined, data }));
  return sent.filter(({ text }) => text !== '').map(({ text }) => ({ type: 'delta', data: JSON.stringify({ text }) }));
}

const failureIn = {
  [CHAT.path]: { error: SENTENCE },
  [COMPLETIONS.path]: { error: { message: SENTENCE, type: 'server_error', param: null, code: 'engine_failed' } },
};

function expectRefused(dialect, response, where) {
  assert.equal(response.status, 502, where);
  if (dialect === CHAT) expectOneSentence(response, 502, 'error');
  assert.deepEqual(response.json(), failureIn[dialect.path], where);
}

async function expectCut(dialect, recording, { at, opened, whole }, stream) {
  const where = `after ${at} bytes`;
  const response = await stream.head();
  if (!opened) return expectRefused(dialect, response, where);
  assert.equal(response.status, 200, where);
  const events = await stream.rest();
  const last = events.pop();
  assert.deepEqual(events, expectedOf(dialect, recording.events.slice(0, whole)), where);
  assert.equal(last?.type, dialect === CHAT ? 'error' : undefined, where);
  assert.deepEqual(JSON.parse(last.data), failureIn[dialect.path], where);
}

class Worker {
  charged = 0;
  released = 0;

  async start() {
    this.upstream = await Upstream.start();
    this.server = new Server({ settings: { ...this.upstream.settings(), threads: 1 } });
    await this.server.start();
  }

  ask(person, dialect, cut, cue) {
    const question = `${person.username} ${cut}`;
    this.upstream.on(question, cue);
    return EventStream.ask(this.server, dialect, question, { token: person.token, connection: this.connection });
  }

  /** One account's failures, each on the connection of the one before, and a turn that goes well. */
  async suffer(dialect, recording, cuts) {
    const person = await Person.join(this.server);
    this.connection ??= await this.server.connect();
    for (const cut of cuts) {
      await expectCut(dialect, recording, cut, await this.ask(person, dialect, cut.at, cut.cue));
      this.released += 1;
    }
    assert.equal(await person.balance(), 4000, `cut after ${cuts.map(({ at }) => at)} bytes`);
    const good = await (await this.ask(person, dialect, 'good', played(recording))).rest();
    assert.ok(dialect.isLast(good.at(-1)));
    this.charged += 1;
    assert.equal(await person.balance(), 3900);
  }

  async finish() {
    this.connection?.destroy();
    await this.server?.finish();
    await this.upstream?.stop();
  }
}

describe('an engine whose stream ends at any byte', () => {
  const workers = upTo(SERVERS).map(() => new Worker());
  before(() => Promise.all(workers.map((worker) => worker.start())));
  after(() => Promise.all(workers.map((worker) => worker.finish())));

  for (const [name, dialect, recording] of [
    ['/api/chat/, plain text', CHAT, PLAIN],
    ['/v1/chat/completions, plain text', COMPLETIONS, PLAIN],
    ['/v1/chat/completions, calls of tools', COMPLETIONS, TOOLS],
  ]) {
    for (const [way, cutsOf] of Object.entries(WAYS)) {
      it(`by ${way} is told as an error and costs nothing: ${name}`, async () => {
        const all = cutsOf(recording);
        const cuts = all.filter(({ whole }) => whole < recording.events.length);
        assert.ok(cuts.length > recording.body.length - 1 && cuts.length < all.length);
        await Promise.all(
          workers.map(async (worker) => {
            while (cuts.length > 0) await worker.suffer(dialect, recording, cuts.splice(0, FORGIVEN));
          }),
        );
      });

      it(`by ${way} after all of it was a whole answer: ${name}`, async () => {
        const [worker] = workers;
        for (const cut of cutsOf(recording).filter(({ whole }) => whole === recording.events.length)) {
          const person = await Person.join(worker.server);
          const events = await (await worker.ask(person, dialect, cut.at, cut.cue)).rest();
          worker.charged += 1;
          assert.ok(dialect.isLast(events.at(-1)), `after ${cut.at} bytes: ${JSON.stringify(events.at(-1))}`);
          assert.equal(await person.balance(), 3900);
        }
      });
    }
  }

  it('leaves no hold and no charge but for what was answered', async () => {
    for (const { server, charged, released } of workers) {
      await expectHolds(server, { settled: charged, released });
      await expectSound(server, charged);
    }
  });
});
