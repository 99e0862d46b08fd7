// Streamed answers: every event as it comes, and the last word only once turn and charge are on disk.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { encode } from '../harness/connection.mjs';
import { query } from '../harness/database.mjs';
import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectOneSentence } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { Person } from '../harness/people.mjs';
import { PLAIN, TOOLS, played, saying } from '../harness/recording.mjs';
import { Server } from '../harness/server.mjs';
import { SteppedReply } from '../harness/stepped_reply.mjs';
import { CUES, Upstream } from '../harness/upstream.mjs';

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...settings } });
  return { upstream, server, person: await Person.join(server) };
}

const delta = (text) => ({ type: 'delta', data: JSON.stringify({ text }) });
const chunk = ({ data }) => ({ type: undefined, data });

function expectStreamHead(response) {
  assert.equal(response.status, 200);
  assert.equal(response.header('content-type'), 'text/event-stream');
  assert.equal(response.header('transfer-encoding'), 'chunked');
  assert.equal(response.header('content-length'), undefined);
  assert.equal(response.header('x-accel-buffering'), 'no');
  assert.equal(response.header('cache-control'), 'no-store');
  assert.match(response.header('request-id'), /^[A-Za-z0-9._-]{1,128}$/);
}

describe('a streamed chat', () => {
  it('is told in deltas, then done with the turn, its price and what is left', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.otherwise = played(PLAIN);
    const stream = await EventStream.open(server, CHAT, 'Hello', { token: person.token });
    expectStreamHead(stream.response);
    const events = await stream.rest();
    const done = events.pop();
    assert.deepEqual(events, [delta('Grüße'), delta(', "you"\n'), delta('😀')]);
    assert.equal(done.type, 'done');
    const { turn, conversation, ...fields } = JSON.parse(done.data);
    assert.ok(Number.isInteger(turn) && turn > 0, done.data);
    assert.equal(conversation, turn, 'it begins one');
    assert.deepEqual(fields, { response: PLAIN.text, charge: 100, balance: 3900, finish_reason: 'stop' });
    assert.equal(await person.balance(), 3900);
    const asked = JSON.parse(upstream.requests[0].body);
    assert.equal(asked.stream, true);
    assert.deepEqual(asked.stream_options, { include_usage: true });
    await expectHolds(server, { settled: 1, released: 0 });
    await server.terminate();
    await expectSound(server, 1);
    assert.deepEqual(await query(server.folder, 'SELECT id, message, response FROM turns'), [
      { id: turn, message: 'Hello', response: PLAIN.text },
    ]);
  });

  it('comes from the offline engine word by word', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    const stream = await EventStream.open(server, CHAT, 'to be or', { token: person.token });
    const events = await stream.rest();
    const done = events.pop();
    assert.ok(events.length > 3, 'all at once');
    assert.equal(events.map(CHAT.text).join(''), "AI response to 'to be or'");
    assert.equal(JSON.parse(done.data).response, "AI response to 'to be or'");
  });

  it('leaves its connection for the next request', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.otherwise = played(PLAIN);
    const connection = await server.connect();
    for (let balance = 3900; balance >= 3500; balance -= 100) {
      const stream = await EventStream.open(server, CHAT, 'Hello', { token: person.token, connection });
      assert.equal(JSON.parse((await stream.rest()).at(-1).data).balance, balance);
    }
    assert.equal((await connection.request('GET', '/healthz')).status, 200);
  });

  it('is not chunked for a client of HTTP/1.0, and ends with its connection', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.otherwise = played(PLAIN);
    const connection = await server.connect();
    const body = JSON.stringify(CHAT.fields('Hello'));
    const headers = { 'Content-Type': 'application/json', Authorization: `Token ${person.token}` };
    connection.write(encode('POST', CHAT.path, { headers, body }).toString('latin1').replace('HTTP/1.1', 'HTTP/1.0'));
    const head = await connection.head();
    assert.equal(head.header('transfer-encoding'), undefined);
    assert.equal(head.header('connection'), 'close');
    const text = (await connection.closed()).toString('utf8');
    assert.match(text, /^event: delta\ndata: \{"text":"Grüße"\}\n\n/);
    assert.match(text, /\n\nevent: done\ndata: \{[^\n]*"balance":3900,[^\n]*\}\n\n$/);
  });

  it('is an ordinary response where the engine fails before it answers, and costs nothing', async (t) => {
    const { upstream, server, person } = await serverWith(t, { 'engine-first-byte-seconds': 1 });
    for (const [cue, status] of [
      ['error500', 502],
      ['unauthorized', 502],
      ['unavailable503', 503],
      ['hang', 504],
      ['ok', 200],
      ['redirect', 502],
    ]) {
      upstream.otherwise = cue === 'ok' ? played(PLAIN) : CUES[cue]; // one good one, lest the engine is left alone
      const stream = await EventStream.ask(server, CHAT, cue, { token: person.token });
      const response = await stream.head();
      assert.equal(response.status, status, response.text);
      if (cue === 'ok') await stream.rest();
      else expectOneSentence(response, status, 'error');
      if (status === 503) assert.match(response.header('retry-after'), /^[1-9]\d*$/);
    }
    assert.equal(await person.balance(), 3900);
    await expectHolds(server, { settled: 1, released: 5 });
    await expectSound(server, 1);
  });

  it('is refused with 402, 401 and 400 as any chat', async (t) => {
    const { server, upstream, person } = await serverWith(t, { 'starting-balance': 99 });
    const status = async (options, dialect = CHAT) =>
      (await (await EventStream.ask(server, dialect, 'Hello', options)).head()).status;
    for (const dialect of [CHAT, COMPLETIONS]) {
      assert.equal(await status({ token: person.token }, dialect), 402);
      assert.equal(await status({ token: 'x'.repeat(40) }, dialect), 401);
      assert.equal(await status({ token: person.token, more: { stream: 'perhaps' } }, dialect), 400);
    }
    assert.equal(upstream.requests.length, 0);
    await expectHolds(server, { settled: 0, released: 0 });
  });

  it('reaches its client event by event, before the next one has come', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const reply = new SteppedReply();
    upstream.script(reply.cue);
    const stream = await EventStream.ask(server, CHAT, 'Hello', { token: person.token });
    await reply.open();
    expectStreamHead(await stream.head());
    for (const event of PLAIN.events.slice(0, 4)) {
      await reply.send(event);
      if (event.text !== '') assert.deepEqual(await stream.next(), delta(event.text));
    }
    assert.equal(await person.balance(), 3900, 'what is held is not available');
    await reply.send(...PLAIN.events.slice(4));
    reply.end();
    assert.equal((await stream.rest())[0].type, 'done');
  });
});

describe('a streamed chat completion', () => {
  for (const [name, recording] of Object.entries({ 'plain text': PLAIN, 'calls of tools': TOOLS })) {
    for (const wantsUsage of [false, true]) {
      it(`with ${name} passes the chunks on as they came, ${wantsUsage ? 'with' : 'but not'} the usage`, async (t) => {
        const { upstream, server, person } = await serverWith(t);
        upstream.otherwise = played(recording);
        const stream = await EventStream.open(server, COMPLETIONS, 'Hello', {
          token: person.token,
          more: wantsUsage ? { stream_options: { include_usage: true } } : {},
        });
        expectStreamHead(stream.response);
        const passed = recording.events.filter(({ usage }) => wantsUsage || !usage);
        assert.deepEqual(await stream.rest(), passed.map(chunk));
        assert.deepEqual(JSON.parse(upstream.requests[0].body).stream_options, { include_usage: true });
        assert.equal(await person.balance(), 3900);
        await server.terminate();
        await expectSound(server, 1);
        const [saved] = await query(server.folder, 'SELECT response, finish_reason FROM turns');
        assert.equal(saved.response, recording.text);
        assert.equal(saved.finish_reason ?? 'stop', recording.finishReason);
      });
    }
  }
});

describe('the last word of a stream', () => {
  for (const [name, dialect] of Object.entries({ CHAT, COMPLETIONS })) {
    it(`in ${name} waits for the engine's, and what it says survives a kill -9`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const reply = new SteppedReply();
      upstream.script(reply.cue);
      const stream = await EventStream.ask(server, dialect, 'Hello', { token: person.token });
      await reply.open();
      const sent = PLAIN.events.filter(({ closing, text }) => !closing && (dialect === COMPLETIONS || text !== ''));
      await reply.send(...PLAIN.events.slice(0, -1));
      await stream.take(sent.length);
      let last = null;
      const next = stream.next().then((event) => (last = event));
      assert.equal(await person.balance(), 3900);
      await expectSound(server, 0);
      assert.equal(last, null, 'the last events come before the engine said its last');
      await reply.send(PLAIN.events.at(-1));
      const event = await next;
      if (dialect === CHAT) assert.equal(event.type, 'done');
      else assert.equal(JSON.parse(event.data).choices[0].finish_reason, 'stop');
      await server.kill();
      await expectSound(server, 1);
    });
  }
});

// What comes within one turn of the loop must not count as a backlog: the client had no chance to take it.

describe('a client that reads at once', { concurrency: true }, () => {
  it('gets a whole answer of very many words from the offline engine', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    const message = 'a '.repeat(16_000).trim();
    const stream = await EventStream.open(server, CHAT, message, { token: person.token });
    const events = await stream.rest();
    assert.equal(events.at(-1)?.type, 'done', `the last of ${events.length} events is ${events.at(-1)?.type}`);
    assert.equal(JSON.parse(events.at(-1).data).response, `AI response to '${message}'`);
  });

  for (const [name, dialect] of Object.entries({ CHAT, COMPLETIONS })) {
    it(`in ${name} gets the whole of an event of 300 KiB`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const text = 'x'.repeat(300 * 1024);
      upstream.otherwise = played(saying('a', text, 'b'));
      const stream = await EventStream.open(server, dialect, 'Hello', { token: person.token });
      const events = await stream.rest();
      assert.ok(events.at(-1) && dialect.isLast(events.at(-1)), `it ends after ${events.length} events`);
    });

    it(`in ${name} gets the whole of a fast answer of 3 MiB`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      upstream.otherwise = played(saying(...Array(3 * 1024).fill('x'.repeat(1024))));
      const stream = await EventStream.open(server, dialect, 'Hello', { token: person.token });
      const events = await stream.rest();
      assert.ok(events.at(-1) && dialect.isLast(events.at(-1)), `it ends after ${events.length} events`);
    });
  }
});
