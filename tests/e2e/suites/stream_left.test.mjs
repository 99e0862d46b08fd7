// Clients that leave in the middle: before the first word the engine is stopped and nothing charged; after it the turn
// is finished, saved whole and charged once.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ConnectionLost } from '../harness/connection.mjs';
import { query } from '../harness/database.mjs';
import { eventually } from '../harness/eventually.mjs';
import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds, holdsOf, scrape } from '../harness/holds.mjs';
import { Person } from '../harness/people.mjs';
import { PLAIN, TOOLS, played, saying } from '../harness/recording.mjs';
import { Server } from '../harness/server.mjs';
import { SteppedReply } from '../harness/stepped_reply.mjs';
import { Upstream } from '../harness/upstream.mjs';

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...settings } });
  return { upstream, server };
}

/** A person whose question is asked and reaches the engine, which has not begun to answer. */
async function asking({ upstream, server }, dialect, more = {}) {
  const person = await Person.join(server);
  const reply = new SteppedReply();
  upstream.on(person.username, reply.cue);
  const stream = await EventStream.ask(server, dialect, person.username, { token: person.token, more });
  await reply.arrived();
  return { person, reply, stream };
}

/** Whether the events say something to the user, so that it is paid for. */
const heardSomething = (dialect, events) =>
  events.some(({ closing, text, says }) => !closing && (dialect === CHAT ? text !== '' : says));

/** How many events a client is sent of these. */
const countSent = (dialect, events) =>
  events.filter(({ closing, text }) => !closing && (dialect === COMPLETIONS || text !== '')).length;

/** What was saved for a question; read once the server has ended. */
async function savedFor(server) {
  const rows = await query(server.folder, 'SELECT message, response, finish_reason FROM turns');
  return new Map(rows.map((row) => [row.message, { text: row.response, finishReason: row.finish_reason ?? 'stop' }]));
}

const balanceOf = (person, balance) =>
  eventually(`a balance of ${balance}`, async () => (await person.balance()) === balance);

describe('a client that leaves', () => {
  const setting = {};
  const charged = new Map();
  let released = 0;
  before(async () => {
    setting.upstream = await Upstream.start();
    setting.server = new Server({ settings: setting.upstream.settings() });
    await setting.server.start();
  });
  after(async () => {
    await setting.server.finish();
    await setting.upstream.stop();
  });

  const connections = async () => (await scrape(setting.server)).value('parley_http_connections');

  /** A client that has read what came of so many events of the recording; -1: not even the head. */
  async function reading(dialect, recording, count) {
    const client = { count, ...(await asking(setting, dialect)) };
    if (count < 0) return client;
    const come = recording.events.slice(0, count);
    await client.reply.open();
    await client.stream.head();
    if (count > 0) await client.reply.send(...come);
    if (count === recording.events.length) {
      client.reply.end();
      await client.stream.rest();
    } else {
      await client.stream.take(countSent(dialect, come));
    }
    return { ...client, costs: heardSomething(dialect, come) };
  }

  for (const [name, dialect, recording] of [
    ['/api/chat/, plain text', CHAT, PLAIN],
    ['/v1/chat/completions, plain text', COMPLETIONS, PLAIN],
    ['/v1/chat/completions, calls of tools', COMPLETIONS, TOOLS],
  ]) {
    for (const how of ['FIN', 'RST']) {
      it(`by ${how} at any event pays for all, or for nothing before the first word: ${name}`, async () => {
        const counts = Array.from({ length: recording.events.length + 2 }, (_, index) => index - 1);
        const clients = await Promise.all(counts.map((count) => reading(dialect, recording, count)));
        assert.ok(clients.some(({ costs }) => costs) && clients.filter(({ costs }) => !costs).length > 1);

        const before = await connections();
        for (const { stream } of clients) stream.leave(how);
        await eventually('all having left', async () => (await connections()) === before - clients.length);
        for (const { person, reply, count, costs } of clients) {
          if (!costs) {
            await reply.whenCancelled();
            await balanceOf(person, 4000);
            released += 1;
            continue;
          }
          assert.ok(!reply.cancelled, `the engine was stopped after ${count} events`);
          if (count < recording.events.length) {
            await reply.send(...recording.events.slice(count));
            reply.end();
          }
          charged.set(person.username, { person, recording });
        }
      });
    }
  }

  it('is charged for what was saved, which is all that the engine said', async () => {
    const { server } = setting;
    await expectHolds(server, { settled: charged.size, released });
    for (const { person } of charged.values()) assert.equal(await person.balance(), 3900, person.username);
    await server.terminate();
    await expectSound(server, charged.size);
    const saved = await savedFor(server);
    assert.deepEqual([...saved.keys()].sort(), [...charged.keys()].sort());
    for (const [question, { recording }] of charged) {
      const { text, finishReason } = recording;
      assert.deepEqual(saved.get(question), { text, finishReason }, question);
    }
  });
});

describe('a turn whose client left after its first word', () => {
  for (const [name, dialect] of Object.entries({ CHAT, COMPLETIONS })) {
    it(`in ${name} is saved as far as it came where nothing is finished without its client`, async (t) => {
      const setting = await serverWith(t, { 'finish-after-leaving-seconds': 0 });
      const { person, reply, stream } = await asking(setting, dialect);
      await reply.open();
      await reply.send(...PLAIN.events.slice(0, 3));
      await stream.take(countSent(dialect, PLAIN.events.slice(0, 3)));
      stream.leave('FIN');
      await reply.whenCancelled();
      await expectHolds(setting.server, { settled: 1, released: 0 });
      assert.equal(await person.balance(), 3900);
      await setting.server.terminate();
      await expectSound(setting.server, 1);
      const saved = await savedFor(setting.server);
      assert.deepEqual(saved.get(person.username), { text: 'Grüße, "you"\n', finishReason: 'length' });
    });

    it(`in ${name} goes on for as long as is set, then is saved as far as it came`, async (t) => {
      const setting = await serverWith(t, { 'finish-after-leaving-seconds': 2 });
      const { person, reply, stream } = await asking(setting, dialect);
      await reply.open();
      await reply.send(...PLAIN.events.slice(0, 2));
      await stream.take(countSent(dialect, PLAIN.events.slice(0, 2)));
      stream.leave('RST');
      const left = Date.now();
      await reply.send(...PLAIN.events.slice(2, 4));
      await reply.whenCancelled();
      assert.ok(Date.now() - left >= 1_900, `after ${Date.now() - left} ms`);
      assert.ok(Date.now() - left < 10_000, `after ${Date.now() - left} ms`);
      await expectHolds(setting.server, { settled: 1, released: 0 });
      await setting.server.terminate();
      await expectSound(setting.server, 1);
      const saved = await savedFor(setting.server);
      assert.deepEqual(saved.get(person.username), { text: PLAIN.text, finishReason: 'length' });
    });
  }

  it('costs nothing where the engine fails after that', async (t) => {
    const setting = await serverWith(t);
    const { person, reply, stream } = await asking(setting, CHAT);
    await reply.open();
    await reply.send(...PLAIN.events.slice(0, 3));
    await stream.take(1);
    stream.leave('FIN');
    reply.cut();
    await balanceOf(person, 4000);
    await expectHolds(setting.server, { settled: 0, released: 1 });
    await expectSound(setting.server, 0);
  });
});

describe('a client that closes only its sending side', () => {
  it('has left too, and its connection is closed', async (t) => {
    const setting = await serverWith(t);
    const { reply, stream } = await asking(setting, CHAT);
    await reply.open();
    await stream.head();
    stream.connection.finish();
    await reply.whenCancelled();
    assert.doesNotMatch((await stream.connection.closed()).toString(), /done|^0\r\n/m);
    await expectHolds(setting.server, { settled: 0, released: 1 });
  });
});

describe('a client that sends its next request while its answer streams', () => {
  it('has not left, and is answered in order', async (t) => {
    const setting = await serverWith(t);
    const { reply, stream } = await asking(setting, CHAT);
    stream.connection.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await reply.open();
    await reply.send(...PLAIN.events.slice(0, 3));
    await stream.take(2);
    await reply.send(...PLAIN.events.slice(3));
    reply.end();
    assert.equal((await stream.rest()).at(-1).type, 'done');
    assert.equal((await stream.connection.response()).status, 200);
  });
});

describe('a client that does not read', () => {
  const BIG = saying('a', ...Array(256).fill('x'.repeat(64 * 1024)));

  it('has left once it is more than 256 KiB behind: the turn is finished, saved whole and charged', async (t) => {
    const setting = await serverWith(t, { 'engine-reply-bytes-max': 64 * 1024 * 1024 });
    const { person, reply, stream } = await asking(setting, CHAT);
    await reply.open();
    await reply.send(...BIG.events.slice(0, 2));
    await stream.take(1);
    stream.connection.pause();
    await reply.send(...BIG.events.slice(2));
    reply.end();
    await expectHolds(setting.server, { settled: 1, released: 0 });
    await setting.server.terminate();
    await expectSound(setting.server, 1);
    const saved = await savedFor(setting.server);
    assert.ok(saved.get(person.username).text === BIG.text, 'the text was not saved whole');
  });

  for (const [name, dialect] of Object.entries({ CHAT, COMPLETIONS })) {
    it(`in ${name} and then does is not given a part as if it were the whole`, async (t) => {
      const setting = await serverWith(t, { 'engine-reply-bytes-max': 64 * 1024 * 1024 });
      const { reply, stream } = await asking(setting, dialect);
      await reply.open();
      await reply.send(...BIG.events.slice(0, 2));
      await stream.take(1);
      stream.connection.pause();
      await reply.send(...BIG.events.slice(2));
      reply.end();
      await expectHolds(setting.server, { settled: 1, released: 0 });
      stream.connection.resume();
      const read = await stream.rest().catch((failure) => failure);
      if (read instanceof ConnectionLost) return;
      assert.ok(read.some(dialect.isLast), `the stream ends well after ${read.length} events, none of them the last`);
    });
  }
});

describe('many clients that leave at random moments', () => {
  it('are each charged for a saved turn or for nothing', async (t) => {
    const { server, upstream } = await serverWith(t, { 'starting-balance': 100_000, 'account-requests': 1_000 });
    upstream.otherwise = played(PLAIN);
    const person = await Person.join(server);
    let done = 0;
    const clients = Array.from({ length: 300 }, async (_, index) => {
      const dialect = index % 2 === 0 ? CHAT : COMPLETIONS;
      const stream = await EventStream.ask(server, dialect, `${index}`, { token: person.token });
      for (let left = index % 7; left > 0; left -= 1) {
        const event = await stream.next();
        if (event === null || dialect.isLast(event)) {
          done += event === null ? 0 : 1;
          break;
        }
      }
      stream.leave(index % 3 === 0 ? 'RST' : 'FIN');
    });
    await Promise.all(clients);
    await eventually('no hold being open', async () => (await holdsOf(server)).open === 0);
    const { taken, settled, released } = await holdsOf(server);
    assert.equal(settled + released, taken);
    assert.ok(settled >= done && done > 50, `${done} were told, ${settled} settled`);
    assert.equal(await person.balance(), 100_000 - 100 * settled);
    await expectSound(server, settled);
  });
});
