// Streams that fail in the middle or meet one of our own limits: what is told, what is charged and what is saved.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { query } from '../harness/database.mjs';
import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { Person } from '../harness/people.mjs';
import { PLAIN, TOOLS, played, saying } from '../harness/recording.mjs';
import { Server } from '../harness/server.mjs';
import { SteppedReply } from '../harness/stepped_reply.mjs';
import { Upstream } from '../harness/upstream.mjs';

const DIALECTS = Object.entries({ CHAT, COMPLETIONS });
const SENTENCES = /^(The AI could not answer|The AI took too long to answer|The AI gave no answer)\.$/;

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...settings } });
  return { upstream, server, person: await Person.join(server) };
}

/** A stream whose engine has sent these pieces, with the events that it gave. */
async function streaming({ upstream, server }, person, dialect, pieces, count) {
  const reply = new SteppedReply();
  upstream.script(reply.cue);
  const stream = await EventStream.ask(server, dialect, 'Hello', { token: person.token });
  await reply.open();
  await stream.head();
  if (pieces.length > 0) await reply.send(...pieces);
  await stream.take(count);
  return { reply, stream };
}

const opening = PLAIN.events.slice(0, 3);
const openingText = 'Grüße, "you"\n';
const sentOf = (dialect) => (dialect === CHAT ? 2 : 3);

/** The one event that is left is an error in a plain sentence that tells nothing of the inside. */
async function expectError(stream, dialect) {
  const events = await stream.rest();
  assert.equal(events.length, 1, JSON.stringify(events));
  const { type, data } = events[0];
  assert.doesNotMatch(data, /SECRET|127\.0\.0\.1|sk-test|curl/);
  const { error, ...others } = JSON.parse(data);
  assert.deepEqual(others, {});
  if (dialect === CHAT) {
    assert.equal(type, 'error');
    assert.match(error, SENTENCES);
  } else {
    assert.equal(type, undefined);
    assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code']);
    assert.match(error.message, SENTENCES);
    assert.match(`${error.type} ${error.param} ${error.code}`, /^server_error null engine_(failed|timeout)$/);
  }
}

/** What is left ends the stream as one that a limit cut, charged. */
async function expectLength(stream, dialect, balance = 3900) {
  const events = await stream.rest();
  if (dialect === CHAT) {
    const [done, ...others] = events.filter(({ type }) => type !== 'delta');
    assert.deepEqual(others, []);
    assert.equal(done?.type, 'done', JSON.stringify(events));
    const { turn, conversation, response, ...fields } = JSON.parse(done.data);
    assert.ok(turn > 0);
    assert.equal(conversation, turn);
    assert.deepEqual(fields, { charge: 100, balance, finish_reason: 'length' });
    return response;
  }
  const [finish, done] = events.slice(-2);
  assert.equal(done?.data, '[DONE]', JSON.stringify(events));
  assert.deepEqual(JSON.parse(finish.data), {
    id: 'c-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: {}, finish_reason: 'length' }],
  });
  return undefined;
}

async function expectUncharged(server, person, released = 1) {
  assert.equal(await person.balance(), 4000);
  await expectHolds(server, { settled: 0, released });
  await expectSound(server, 0);
}

async function expectSaved(server, person, texts) {
  assert.equal(await person.balance(), 4000 - 100 * texts.length);
  await server.terminate();
  await expectSound(server, texts.length);
  const rows = await query(server.folder, 'SELECT response, finish_reason FROM turns ORDER BY id');
  assert.deepEqual(
    rows.map((row) => [row.response, row.finish_reason ?? 'stop']),
    texts,
  );
}

const FAULTS = {
  'reports an error': ['data: {"error":{"message":"UPSTREAM-SECRET","type":"server_error"}}\n\n'],
  'reports an error beside choices': ['data: {"choices":[],"error":{"message":"UPSTREAM-SECRET"}}\n\n'],
  'sends what is no JSON': ['data: {"choices":[UPSTREAM-SECRET\n\n'],
  'sends JSON that is no chunk': ['data: [1,2]\n\n'],
  'sends a chunk without choices': ['data: {"id":"c-1"}\n\n'],
  'sends bytes that are no UTF-8': [Buffer.from('data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n', 'latin1')],
};

describe('an engine that in the middle of its stream', () => {
  for (const [name, dialect] of DIALECTS) {
    for (const [fault, pieces] of Object.entries(FAULTS)) {
      it(`${fault} is told as an error and costs nothing: ${name}`, async (t) => {
        const setting = await serverWith(t);
        const { server, person } = setting;
        const { reply, stream } = await streaming(setting, person, dialect, opening, sentOf(dialect));
        await reply.send(...pieces);
        await expectError(stream, dialect);
        await reply.whenCancelled();
        await expectUncharged(server, person);
      });
    }

    it(`falls silent is told as an error and costs nothing: ${name}`, async (t) => {
      const setting = await serverWith(t, { 'engine-between-bytes-seconds': 1 });
      const { server, person } = setting;
      const { reply, stream } = await streaming(setting, person, dialect, opening, sentOf(dialect));
      await expectError(stream, dialect);
      await reply.whenCancelled();
      await expectUncharged(server, person);
    });

    it(`says nothing to its end is told as an error and costs nothing: ${name}`, async (t) => {
      const setting = await serverWith(t);
      const { server, person, upstream } = setting;
      upstream.otherwise = played(saying());
      const stream = await EventStream.open(server, dialect, 'Hello', { token: person.token });
      if (dialect === COMPLETIONS) await stream.take(1);
      await expectError(stream, dialect);
      await expectUncharged(server, person);
    });
  }

  it('keeps its connection open after [DONE] has ended all the same', async (t) => {
    const setting = await serverWith(t);
    const { stream } = await streaming(setting, setting.person, CHAT, PLAIN.events, 3);
    assert.equal((await stream.rest()).at(-1).type, 'done');
    await expectSaved(setting.server, setting.person, [[PLAIN.text, 'stop']]);
  });

  it('sends comments, other fields, CRLF and a byte order mark is understood', async (t) => {
    const { server, person, upstream } = await serverWith(t);
    const lines = PLAIN.events.map(
      ({ data }) => `: ping\r\nid: 7\r\nretry: 1\r\nevent: message\r\ndata:${data}\r\n\r\n`,
    );
    upstream.otherwise = (asked, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(`\ufeff${lines.join('')}`);
    };
    const stream = await EventStream.open(server, CHAT, 'Hello', { token: person.token });
    assert.equal(JSON.parse((await stream.rest()).at(-1).data).response, PLAIN.text);
  });
});

describe('an account whose streams fail in the middle', () => {
  const [error] = FAULTS['reports an error'];

  it('is forgiven three times, in any API, and pays from then on for what it was sent', async (t) => {
    const setting = await serverWith(t);
    const { server, person } = setting;
    for (const dialect of [CHAT, COMPLETIONS, CHAT]) {
      const { reply, stream } = await streaming(setting, person, dialect, opening, sentOf(dialect));
      await reply.send(error);
      await expectError(stream, dialect);
    }
    await expectUncharged(server, person, 3);
    let balance = 4000;
    for (const [, dialect] of DIALECTS) {
      balance -= 100;
      const { reply, stream } = await streaming(setting, person, dialect, opening, sentOf(dialect));
      await reply.send(error);
      const response = await expectLength(stream, dialect, balance);
      if (dialect === CHAT) assert.equal(response, openingText);
    }
    const other = await Person.join(server);
    const { reply, stream } = await streaming(setting, other, CHAT, opening, 2);
    await reply.send(error);
    await expectError(stream, CHAT);
    assert.equal(await other.balance(), 4000, 'another account is not its business');
    await expectHolds(server, { settled: 2, released: 4 });
    await expectSaved(server, person, [
      [openingText, 'length'],
      [openingText, 'length'],
    ]);
  });

  it('is forgiven failures before the first word without end', async (t) => {
    const setting = await serverWith(t);
    for (let i = 0; i < 6; i += 1) {
      const { reply, stream } = await streaming(setting, setting.person, CHAT, opening.slice(0, 1), 0);
      await reply.send(error);
      await expectError(stream, CHAT);
    }
    await expectUncharged(setting.server, setting.person, 6);
  });
});

describe('our own limit of time', () => {
  for (const [name, dialect] of DIALECTS) {
    it(`ends a stream that has said something, which is saved and charged: ${name}`, async (t) => {
      const setting = await serverWith(t, { 'engine-whole-seconds': 2 });
      const { server, person } = setting;
      const { reply, stream } = await streaming(setting, person, dialect, opening, sentOf(dialect));
      const response = await expectLength(stream, dialect);
      if (dialect === CHAT) assert.equal(response, openingText);
      await reply.whenCancelled();
      await expectHolds(server, { settled: 1, released: 0 });
      await expectSaved(server, person, [[openingText, 'length']]);
    });

    it(`ends one that has said nothing with an error, for nothing: ${name}`, async (t) => {
      const setting = await serverWith(t, { 'engine-whole-seconds': 1 });
      const { server, person } = setting;
      const role = opening.slice(0, 1);
      const { reply, stream } = await streaming(setting, person, dialect, role, dialect === CHAT ? 0 : 1);
      await expectError(stream, dialect);
      await reply.whenCancelled();
      await expectUncharged(server, person);
    });
  }

  it('leaves one reason to have finished where only [DONE] was still to come', async (t) => {
    const setting = await serverWith(t, { 'engine-whole-seconds': 1 });
    const { stream } = await streaming(setting, setting.person, COMPLETIONS, PLAIN.events.slice(0, -1), 4);
    const events = await stream.rest();
    assert.equal(events.pop().data, '[DONE]');
    const reasons = events.map(({ data }) => JSON.parse(data).choices[0]?.finish_reason).filter((reason) => reason);
    assert.equal(reasons.length, 1, `finished for ${reasons}`);
    await expectSaved(setting.server, setting.person, [[PLAIN.text, reasons[0]]]);
  });

  it('saves the calls of tools as far as they came', async (t) => {
    const setting = await serverWith(t, { 'engine-whole-seconds': 1 });
    const { stream } = await streaming(setting, setting.person, COMPLETIONS, TOOLS.events.slice(0, 2), 2);
    await expectLength(stream, COMPLETIONS);
    await expectSaved(setting.server, setting.person, [['f{"a":', 'length']]);
  });
});

describe('our own limit of size', () => {
  const SMALL = { 'engine-reply-bytes-max': 4096 };
  const parts = saying(...Array(40).fill('0123456789'));

  for (const [name, dialect] of DIALECTS) {
    it(`ends a stream that has said something, which is saved and charged: ${name}`, async (t) => {
      const setting = await serverWith(t, SMALL);
      const { server, person, upstream } = setting;
      upstream.otherwise = played(parts);
      const stream = await EventStream.open(server, dialect, 'Hello', { token: person.token });
      const response = await expectLength(stream, dialect);
      await expectHolds(server, { settled: 1, released: 0 });
      await server.terminate();
      await expectSound(server, 1);
      const [saved] = await query(server.folder, 'SELECT response, finish_reason FROM turns');
      assert.equal(saved.finish_reason, 'length');
      assert.match(saved.response, /^(0123456789){1,39}$/);
      if (dialect === CHAT) assert.equal(response, saved.response);
    });

    it(`ends one whose next event is beyond it as what it is so far: ${name}`, async (t) => {
      const setting = await serverWith(t, SMALL);
      const { server, person } = setting;
      const { reply, stream } = await streaming(setting, person, dialect, opening, sentOf(dialect));
      await reply.send(`data: ${'x'.repeat(8192)}`);
      await expectLength(stream, dialect);
      await expectSaved(server, person, [[openingText, 'length']]);
    });

    it(`ends one that has said nothing with an error, for nothing: ${name}`, async (t) => {
      const setting = await serverWith(t, SMALL);
      const { server, person } = setting;
      const { reply, stream } = await streaming(setting, person, dialect, [], 0);
      await reply.send(`: ${'x'.repeat(8192)}\n`);
      await expectError(stream, dialect);
      await expectUncharged(server, person);
    });
  }
});
