// One request is followed through its life, and the server killed at each station: before and after it holds tokens,
// while the engine answers, while the turn is saved, and before the reply leaves. Then the request is sent again.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { chunksOf, streamed } from '../../e2e/harness/completion_cues.mjs';
import { ConnectionLost, encode } from '../../e2e/harness/connection.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { EventStream } from '../../e2e/harness/event_stream.mjs';
import { expectSound } from '../../e2e/harness/figures.mjs';
import { holdsOf } from '../../e2e/harness/holds.mjs';
import { newName, Person } from '../../e2e/harness/people.mjs';
import { PLAIN } from '../../e2e/harness/recording.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { completion, CUES, held, Upstream } from '../../e2e/harness/upstream.mjs';
import { SteppedReply } from '../../e2e/harness/stepped_reply.mjs';
import { ask } from '../../e2e/harness/whole_answer.mjs';
import { withPoint } from '../harness/crash_point.mjs';

const NO_HOLDS = { taken: 0, settled: 0, released: 0, open: 0 };
const ONE_HOLD = { taken: 1, settled: 0, released: 0, open: 1 };
const LOG = 'parley.db-wal';

/** The four kinds of request: where to, and with what for this question. */
const KINDS = {
  'a chat': ['/api/chat/', (message) => ({ message })],
  'a streamed chat': ['/api/chat/', (message) => ({ message, stream: true })],
  'a completion': ['/v1/chat/completions', (content) => ({ messages: [{ role: 'user', content }] })],
  'a streamed completion': [
    '/v1/chat/completions',
    (content) => ({ messages: [{ role: 'user', content }], stream: true }),
  ],
};

/** The engine answers as it is asked: whole, or as a stream. */
function either(request, response) {
  if (JSON.parse(request.body).stream) streamed(chunksOf('Once', ' and', ' only once'))(request, response);
  else CUES.ok(request, response);
}

/** Whether this event of a stream may come before its turn is on disk. */
const isBefore = ({ type, data }) => type === 'delta' || (type === undefined && data.includes('"finish_reason":null'));

describe('a server that is killed', () => {
  const server = new Server();
  let upstream;
  let turns = 0;

  before(async () => {
    upstream = await Upstream.start();
    upstream.otherwise = either;
    Object.assign(server.settings, upstream.settings());
    await server.start();
  });
  after(async () => {
    await server.finish();
    await upstream.stop();
  });

  /** Somebody with a request of this kind that can be sent again and again. */
  class Asker {
    static async of([target, fieldsOf]) {
      const asker = new Asker();
      asker.person = await Person.join(server);
      asker.question = newName('question');
      const fields = { ...fieldsOf(asker.question), ...(target.startsWith('/v1/') ? { model: 'scripted' } : {}) };
      asker.streams = fields.stream === true;
      asker.target = target;
      asker.sent = {
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Bearer ${asker.person.token}`,
          'Idempotency-Key': asker.question,
        },
        body: JSON.stringify(fields),
      };
      return asker;
    }

    /** Sends it, or a part of it; the answer is not waited for. */
    async send(part = 1) {
      const bytes = encode('POST', this.target, this.sent);
      this.stream = new EventStream();
      this.stream.connection = await server.connect();
      this.stream.connection.write(part === 1 ? bytes : bytes.subarray(0, Math.floor(bytes.length * part)));
    }

    /** Nobody was told that it was answered. */
    async expectCutOff() {
      await assert.rejects(async () => {
        const { text } = await this.stream.head();
        assert.ok(this.stream.isStream, `it was answered: ${text}`);
        for (;;) {
          const event = await this.stream.next();
          assert.ok(event && isBefore(event), `it was answered: ${JSON.stringify(event)}`);
        }
      }, ConnectionLost);
    }

    /** The server has come up again: `saved` says whether the turn must be there; undefined that it may be. */
    async expectOnce(saved) {
      assert.deepEqual(await holdsOf(server), NO_HOLDS);
      const me = await server.request('GET', '/api/me/', { headers: this.sent.headers });
      const { balance, held: set } = me.json();
      assert.equal(set, 0);
      const found = balance === 3900;
      assert.equal(balance, (saved ?? found) ? 3900 : 4000);
      upstream.on(this.question, either);
      const asked = upstream.requests.length;
      for (const replayed of [found, true]) {
        const again = await ask(server, 'POST', this.target, this.sent);
        assert.equal(again.status, 200, again.text);
        assert.match(again.text, this.streams ? /data: (\[DONE\]|.*"finish_reason":"stop")/ : /^\{.*\}$/);
        assert.equal(again.header('Idempotency-Replayed'), replayed ? 'true' : undefined);
        assert.equal(await this.person.balance(), 3900);
      }
      assert.equal(upstream.requests.length - asked, found ? 0 : 1);
      turns += 1;
      await expectSound(server, turns);
    }
  }

  const isStopped = () => readFileSync(`/proc/${server.pid}/stat`, 'latin1').split(') ')[1].startsWith('T');

  /** What happens until the server is dead, by the name of the station. */
  const STATIONS = {
    'when half of the request has come': async (asker) => {
      await asker.send(0.5);
      await server.kill();
    },
    'before it has read the request': async (asker) => {
      server.signal('SIGSTOP');
      await eventually('the server standing still', isStopped);
      await asker.send();
      await server.kill();
    },
    'after it has taken the hold, with the engine at work': async (asker) => {
      const { cue, arrived } = held();
      upstream.on(asker.question, cue);
      await asker.send();
      await arrived();
      assert.deepEqual(await holdsOf(server), ONE_HOLD);
      await server.kill();
    },
    'in the middle of what the engine says': async (asker) => {
      const reply = new SteppedReply();
      upstream.on(asker.question, reply.cue);
      await asker.send();
      await reply.arrived();
      if (asker.streams) {
        await reply.open();
        await reply.send(...PLAIN.events.slice(0, 3));
        await asker.stream.next();
      } else {
        await reply.send(completion('half of an answer').slice(0, 90));
      }
      assert.deepEqual(await holdsOf(server), ONE_HOLD);
      await server.kill();
    },
  };

  /** Where the turn is saved: which call the server dies in, and whether the turn is there afterwards. */
  const SAVING = {
    'before the turn is written': { point: { calls: 'write', when: 'before', at: 1 }, saved: false },
    'with half of the turn written': { point: { calls: 'write', when: 'torn', at: 4 }, saved: false },
    'before the turn is synced': { point: { calls: 'sync', when: 'before', at: 1 }, saved: undefined },
    'after the turn is synced, before the reply': { point: { calls: 'sync', when: 'after', at: 1 }, saved: true },
  };

  for (const [kind, request] of Object.entries(KINDS)) {
    for (const [station, untilDead] of Object.entries(STATIONS)) {
      it(`${station}: ${kind} costs nothing, and can be sent again`, async () => {
        const asker = await Asker.of(request);
        await server.kill();
        await server.start();
        await untilDead(asker);
        await asker.expectCutOff();
        await server.start();
        await asker.expectOnce(false);
      });
    }

    for (const [station, { point, saved }] of Object.entries(SAVING)) {
      it(`${station}: ${kind} is saved and charged or neither, and can be sent again`, async () => {
        const asker = await Asker.of(request);
        await server.kill();
        const reached = await withPoint(server, { files: LOG, ...point }, async () => {
          await server.start();
          await asker.send();
          await asker.expectCutOff();
          await server.kill();
        });
        assert.ok(reached, 'the server did not come to the point');
        await server.start();
        await asker.expectOnce(saved);
      });
    }
  }
});
