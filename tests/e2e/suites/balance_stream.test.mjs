// The live balance: the figures at once after each change, for as long as the credential lives.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { askForBalance, awaitFigures, nextFigures, watchBalance } from '../harness/balance_stream.mjs';
import { eventually } from '../harness/eventually.mjs';
import { expectSound } from '../harness/figures.mjs';
import { endKey, newKey } from '../harness/keys.mjs';
import { Person } from '../harness/people.mjs';
import { parley, Server } from '../harness/server.mjs';
import { held, Upstream } from '../harness/upstream.mjs';

const WATCHES_MAX = 16;

async function serverWith(t) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: upstream.settings() });
  return { upstream, server, person: await Person.join(server) };
}

const NEW = { available: 4000, held: 0, spent: 0, spent_today: 0 };

describe('GET /api/balance/stream', () => {
  it('tells the figures at once, and the hold, the charge and the credit as they come', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const stream = await watchBalance(server, person.token);
    assert.equal(stream.response.header('content-type'), 'text/event-stream');
    assert.deepEqual(await nextFigures(stream), NEW);
    const { cue, release, arrived } = held();
    upstream.otherwise = cue;
    const answered = person.chat();
    await arrived();
    await awaitFigures(stream, { available: 3900, held: 100, spent: 0, spent_today: 0 });
    release();
    assert.equal((await answered).status, 200);
    await awaitFigures(stream, { available: 3900, held: 0, spent: 100, spent_today: 100 });
    const { code, stderr } = await parley(['user', 'credit', person.username, '500', '--data', server.folder]);
    assert.equal(code, 0, stderr);
    await awaitFigures(stream, { available: 4400, held: 0, spent: 100, spent_today: 100 });
    stream.connection.destroy();
    await expectSound(server, 1);
  });

  it('tells a release, too', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const stream = await watchBalance(server, person.token);
    let fail;
    upstream.otherwise = (asked, response) => (fail = () => response.writeHead(500).end());
    const answered = person.chat();
    await awaitFigures(stream, { held: 100 });
    await eventually('the engine being asked', () => fail);
    fail();
    assert.equal((await answered).status, 502);
    await awaitFigures(stream, NEW);
    stream.connection.destroy();
  });

  it('ends with its credential', async (t) => {
    const { server, person } = await serverWith(t);
    const { id, key } = await newKey(person);
    const byToken = await watchBalance(server, person.token);
    const byKey = await watchBalance(server, key);
    await nextFigures(byToken);
    await nextFigures(byKey);
    await person.login();
    assert.deepEqual(await byToken.rest(), [{ type: 'error', data: '{"error":"Invalid token."}' }]);
    assert.equal((await endKey(person, id)).status, 204);
    assert.equal((await byKey.rest()).at(-1).type, 'error');
  });

  it('is for credentials only, and not for more than 16 at once', async (t) => {
    const { server, person } = await serverWith(t);
    assert.equal((await server.request('GET', '/api/balance/stream')).status, 401);
    const bad = await askForBalance(server, '1.AAAAAAAAAAAAAAAAAAAAAA');
    assert.equal((await bad.head()).status, 401);
    const streams = [];
    for (let i = 0; i < WATCHES_MAX; ++i) streams.push(await watchBalance(server, person.token));
    const refused = await askForBalance(server, person.token);
    assert.equal((await refused.head()).status, 429);
    streams.pop().leave('RST');
    await eventually('room for another one', async () => {
      const stream = await askForBalance(server, person.token);
      const { status } = await stream.head();
      stream.connection.destroy();
      return status === 200;
    });
    streams.forEach((stream) => stream.connection.destroy());
  });

  it('leaves a stopping server no reason to wait long', async (t) => {
    const { server, person } = await serverWith(t);
    const stream = await watchBalance(server, person.token);
    await nextFigures(stream);
    const begin = Date.now();
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    assert.ok(Date.now() - begin < 8000, `${Date.now() - begin} ms`);
  });
});
