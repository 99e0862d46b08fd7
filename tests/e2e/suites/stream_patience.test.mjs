// Streams over a long time: what keeps a silent one alive, and what the end of the server is to those under way. All at
// once, since each takes as long as is promised.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { query } from '../harness/database.mjs';
import { delay, eventually } from '../harness/eventually.mjs';
import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { Person } from '../harness/people.mjs';
import { PLAIN, saying } from '../harness/recording.mjs';
import { Server } from '../harness/server.mjs';
import { SteppedReply } from '../harness/stepped_reply.mjs';
import { Upstream } from '../harness/upstream.mjs';

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...settings } });
  return { upstream, server };
}

/** A stream of which the client has read the events that came of these of the engine. */
async function streaming({ upstream, server }, dialect, recording, count) {
  const person = await Person.join(server);
  const reply = new SteppedReply();
  upstream.on(person.username, reply.cue);
  const stream = await EventStream.ask(server, dialect, person.username, { token: person.token });
  const come = recording.events.slice(0, count);
  await reply.open();
  await stream.head();
  await reply.send(...come);
  await stream.take(come.filter(({ text }) => dialect === COMPLETIONS || text !== '').length);
  return { person, reply, stream };
}

const seconds = (since) => (Date.now() - since) / 1000;

function expectAbout(found, wanted) {
  assert.ok(found > wanted - 1 && found < wanted + 4, `after ${found} s instead of ${wanted} s`);
}

describe('a stream over a long time', { concurrency: true }, () => {
  for (const [name, dialect] of Object.entries({ CHAT, COMPLETIONS })) {
    it(`in ${name} is kept alive by a comment after 15 s of silence, before the engine opens and after`, async (t) => {
      const { upstream, server } = await serverWith(t);
      const person = await Person.join(server);
      const reply = new SteppedReply();
      upstream.script(reply.cue);
      const begun = Date.now();
      const stream = await EventStream.open(server, dialect, 'Hello', { token: person.token });
      assert.equal(typeof (await stream.next()).comment, 'string');
      expectAbout(seconds(begun), 15);
      await reply.open();
      await reply.send(...PLAIN.events.slice(0, 2));
      await stream.take(dialect === CHAT ? 1 : 2);
      const silent = Date.now();
      assert.equal(typeof (await stream.next()).comment, 'string');
      expectAbout(seconds(silent), 15);
      await reply.send(...PLAIN.events.slice(2));
      reply.end();
      assert.ok(dialect.isLast((await stream.rest()).at(-1)));
      assert.equal(await person.balance(), 3900);
    });
  }

  it('whose engine fails after a comment was sent ends with an error event', async (t) => {
    const { upstream, server } = await serverWith(t, { 'engine-first-byte-seconds': 17 });
    const person = await Person.join(server);
    upstream.script(new SteppedReply().cue);
    const stream = await EventStream.open(server, CHAT, 'Hello', { token: person.token });
    assert.equal(typeof (await stream.next()).comment, 'string');
    assert.deepEqual(await stream.rest(), [{ type: 'error', data: '{"error":"The AI took too long to answer."}' }]);
    assert.equal(await person.balance(), 4000);
  });

  it('is left by a client that is more than 256 KiB behind, at once', async (t) => {
    const setting = await serverWith(t, { 'finish-after-leaving-seconds': 0, 'engine-reply-bytes-max': 64 * 2 ** 20 });
    const { person, reply, stream } = await streaming(setting, CHAT, saying('a'), 2);
    stream.connection.pause();
    const [, event] = saying('x'.repeat(32 * 1024)).events;
    const begun = Date.now();
    let sent = 0;
    for (; !reply.cancelled && sent < 64 * 2 ** 20; sent += event.text.length) {
      await reply.send(event);
      await delay(1);
    }
    assert.ok(reply.cancelled && seconds(begun) < 25, `after ${sent} bytes and ${seconds(begun)} s`);
    await expectHolds(setting.server, { settled: 1, released: 0 });
    assert.equal(await person.balance(), 3900);
    await setting.server.terminate();
    const [{ response, finish_reason: finishReason }] = await query(
      setting.server.folder,
      'SELECT response, finish_reason FROM turns',
    );
    assert.match(response, /^ax*$/);
    assert.ok(response.length > 256 * 1024 && response.length <= sent + 1, `${response.length} of ${sent} saved`);
    assert.equal(finishReason, 'length');
  });

  it('has 10 s to finish when the server is asked to end, then is told so and costs nothing', async (t) => {
    const setting = await serverWith(t);
    const { server } = setting;
    const finishing = await streaming(setting, CHAT, PLAIN, 3);
    const chat = await streaming(setting, CHAT, PLAIN, 3);
    const completion = await streaming(setting, COMPLETIONS, PLAIN, 3);
    const alone = await streaming(setting, CHAT, PLAIN, 3);
    alone.stream.leave('FIN');
    await alone.stream.connection.closed();
    const begun = Date.now();
    server.signal('SIGTERM');
    await eventually('new clients being refused', () =>
      server.connect().then(
        (open) => open.destroy(),
        () => 'refused',
      ),
    );
    await finishing.reply.send(...PLAIN.events.slice(3));
    const [, done] = await finishing.stream.rest();
    assert.equal(done.type, 'done');

    const sentence = 'The server is stopping; try again shortly.';
    const ended = [chat, completion].map(({ stream }) => stream.rest());
    const [ofChat, ofCompletion] = await Promise.all(ended);
    expectAbout(seconds(begun), 10);
    assert.deepEqual(ofChat, [{ type: 'error', data: JSON.stringify({ error: sentence }) }]);
    assert.equal(ofCompletion.length, 1);
    assert.equal(JSON.parse(ofCompletion[0].data).error.message, sentence);
    assert.equal(JSON.parse(ofCompletion[0].data).error.type, 'server_error');
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    await expectSound(server, 1);
    await server.start();
    for (const { person } of [chat, completion, alone]) assert.equal(await person.balance(), 4000);
    assert.equal(await finishing.person.balance(), 3900);
  });

  it('that the end of the server cuts has the code that a response would have', async (t) => {
    const setting = await serverWith(t);
    const { stream } = await streaming(setting, COMPLETIONS, PLAIN, 3);
    setting.server.signal('SIGTERM');
    const [{ data }] = await stream.rest();
    assert.equal(JSON.parse(data).error.code, 'unavailable');
  });

  it('that nobody reads any more is finished and saved within those 10 s', async (t) => {
    const setting = await serverWith(t);
    const { reply, stream } = await streaming(setting, CHAT, PLAIN, 3);
    stream.leave('FIN');
    await stream.connection.closed();
    setting.server.signal('SIGTERM');
    await eventually('new clients being refused', () =>
      setting.server.connect().then(
        (open) => open.destroy(),
        () => 'refused',
      ),
    );
    await reply.send(...PLAIN.events.slice(3));
    reply.end();
    const begun = Date.now();
    assert.deepEqual(await setting.server.terminate(), { code: 0, signal: null });
    assert.ok(seconds(begun) < 8, `it took ${seconds(begun)} s`);
    await expectSound(setting.server, 1);
  });
});
