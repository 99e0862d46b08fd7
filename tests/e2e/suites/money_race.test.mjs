// Many clients race for one balance: exactly what it covers is charged, whatever fails on the way.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectSound } from '../harness/figures.mjs';
import { Person } from '../harness/people.mjs';
import { chatAs, race, statusesOf } from '../harness/race.mjs';
import { Server } from '../harness/server.mjs';
import { CUES, held, Upstream } from '../harness/upstream.mjs';

const CLIENTS = 200;
const CHATS = 2_000;

describe('200 clients that race one account of 4000 tokens with 2,000 chats', () => {
  it('get exactly 40 answers, and 402 for all others where nothing limits what is in flight', async (t) => {
    const server = await Server.startFor(t, { settings: { 'account-requests': 1_000 } });
    const person = await Person.join(server);
    const responses = await race(server, CLIENTS, CHATS, chatAs(person.token));
    assert.deepEqual(statusesOf(responses), { 200: 40, 402: CHATS - 40 });
    const answered = responses.filter(({ status }) => status === 200);
    assert.equal(new Set(answered.map((response) => response.header('Parley-Turn'))).size, 40);
    assert.deepEqual(
      answered.map((response) => Number(response.header('Parley-Charge'))),
      Array(40).fill(100),
    );
    assert.equal(await person.balance(), 0);
    await expectSound(server, 40);
    await server.terminate();
    await expectSound(server, 40);
  });

  it('get exactly 40 answers, and 402 or 429 for all others where 16 may be in flight', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    const responses = await race(server, CLIENTS, CHATS, chatAs(person.token));
    const { 200: answered, 402: poor = 0, 429: hasty = 0 } = statusesOf(responses);
    assert.equal(answered, 40);
    assert.equal(poor + hasty, CHATS - 40);
    for (const response of responses) {
      if (response.status === 429) assert.match(response.header('Retry-After'), /^[1-9]\d*$/);
    }
    assert.equal(await person.balance(), 0);
    await expectSound(server, 40);
  });
});

describe('a slow engine', () => {
  it('holds what each chat in flight can cost, and no more chats than are allowed', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, {
      settings: { ...upstream.settings(), 'account-requests': 3, 'starting-balance': 400 },
    });
    const person = await Person.join(server);
    const cues = [held(), held(), held()];
    upstream.script(...cues.map(({ cue }) => cue));
    const chats = cues.map(() => person.chat());
    await Promise.all(cues.map(({ arrived }) => arrived()));
    assert.equal(await person.balance(), 100, 'what is held is not available');
    const hasty = await person.chat();
    assert.equal(hasty.status, 429, hasty.text);
    assert.match(hasty.header('Retry-After'), /^[1-9]\d*$/);
    cues.forEach(({ release }) => release());
    for (const chat of chats) assert.equal((await chat).status, 200);
    assert.equal(await person.balance(), 100);
    await expectSound(server, 3);
  });

  it('has a 402 say when to come back where only chats in flight hold the tokens', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, { settings: { ...upstream.settings(), 'starting-balance': 100 } });
    const person = await Person.join(server);
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const chat = person.chat();
    await arrived();
    const poor = await person.chat();
    assert.equal(`${poor.status} ${poor.text}`, '402 {"error":"Insufficient tokens"}');
    assert.equal(poor.header('Parley-Balance'), '0');
    assert.match(poor.header('Retry-After'), /^[1-9]\d*$/);
    release();
    assert.equal((await chat).status, 200);
    const poorer = await person.chat();
    assert.equal(poorer.status, 402);
    assert.equal(poorer.header('Retry-After'), undefined);
    assert.equal(upstream.requests.length, 1, 'a refused chat must not reach the engine');
  });

  it('is paid by a client that left without waiting', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(server);
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const connection = await server.connect();
    const lost = chatAs(person.token)(connection, 1).catch(() => 'left');
    await arrived();
    connection.destroy();
    await lost;
    release();
    await server.terminate();
    await expectSound(server, 1);
  });
});

describe('clients that race one account while the engine fails at random', () => {
  it('are charged for what they were answered and for nothing else', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, {
      settings: {
        ...upstream.settings(),
        'account-requests': 1_000,
        'starting-balance': 100_000,
        'engine-first-byte-seconds': 1,
        'engine-whole-seconds': 2,
      },
    });
    const person = await Person.join(server);
    const failures = Object.values(CUES).filter((cue) => cue !== CUES.ok);
    const random = generator(20_260_101);
    upstream.otherwise = (...request) => {
      const cue = random() < 0.85 ? CUES.ok : failures[Math.floor(random() * failures.length)];
      cue(...request);
    };
    const responses = await race(server, 40, 800, chatAs(person.token));
    const counts = statusesOf(responses);
    assert.ok(counts[200] > 40, `too few answers to tell anything: ${JSON.stringify(counts)}`);
    assert.ok(responses.length - counts[200] > 10, `too few failures to tell anything: ${JSON.stringify(counts)}`);
    for (const { status, text } of responses) assert.ok([200, 502, 503, 504].includes(status), `${status} ${text}`);
    assert.equal(await person.balance(), 100_000 - 100 * counts[200]);
    await expectSound(server, counts[200]);
  });
});

/** A repeatable sequence of numbers from 0 to 1 (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
