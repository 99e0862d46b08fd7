// Limits that users set on what they, or their programs, spend in a day.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { keysOf, newKey } from '../harness/keys.mjs';
import { clientOf } from '../harness/openai_client.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const chat = (server, token) => server.post('/api/chat/', { message: 'Hello' }, { token });
const patch = (server, token, target, fields) =>
  server.request('PATCH', target, {
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(fields),
  });

async function start(t) {
  const server = await Server.startFor(t);
  return { server, person: await Person.join(server) };
}

/** Until midnight at the latest, so that a test that runs into it can't be taken in. */
function expectRetryAfterMidnight(response) {
  const seconds = Number(response.header('Retry-After'));
  assert.ok(seconds >= 1 && seconds <= 86_400, `${seconds}`);
}

describe('the daily limit of an account', () => {
  it('is set, shown, kept over a restart, and lifted', async (t) => {
    const { server, person } = await start(t);
    const shown = async () =>
      (await server.request('GET', '/api/me/', { headers: { Authorization: `Bearer ${person.token}` } })).json();
    assert.equal((await shown()).daily_limit, null);
    const set = await patch(server, person.token, '/api/me/', { daily_limit: 250 });
    assert.equal(set.status, 200, set.text);
    assert.equal(set.json().daily_limit, 250);
    await server.kill();
    await server.start();
    assert.equal((await shown()).daily_limit, 250);
    assert.equal((await patch(server, person.token, '/api/me/', { daily_limit: null })).json().daily_limit, null);
    assert.equal((await shown()).daily_limit, null);
  });

  it('is reached with 402, until it is raised, and survives a crash', async (t) => {
    const { server, person } = await start(t);
    await patch(server, person.token, '/api/me/', { daily_limit: 250 });
    assert.equal((await person.chat()).status, 200);
    await server.kill();
    await server.start();
    assert.equal((await person.chat()).status, 200);
    const refused = await person.chat();
    assert.equal(refused.status, 402);
    assert.deepEqual(refused.json(), { error: "This account's daily limit is reached" });
    assert.equal(refused.header('Parley-Balance'), '3800');
    expectRetryAfterMidnight(refused);
    await patch(server, person.token, '/api/me/', { daily_limit: 300 });
    assert.equal((await person.chat()).status, 200);
    assert.equal((await person.chat()).status, 402);
    await expectHolds(server, { settled: 2, released: 0 });
    await expectSound(server, 3);
  });

  it('is never passed by requests at once', async (t) => {
    const { server, person } = await start(t);
    await patch(server, person.token, '/api/me/', { daily_limit: 500 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => chat(server, person.token)));
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 5, statuses.join());
    assert.equal(statuses.filter((status) => status === 402).length, 7, statuses.join());
    assert.equal(await person.balance(), 3500);
    await expectSound(server, 5);
  });

  it('is a number of tokens from 0, and not for an API key to change', async (t) => {
    const { server, person } = await start(t);
    const { key } = await newKey(person);
    for (const fields of [{}, ...[-1, 'x', 1.5, 2 ** 53].map((daily_limit) => ({ daily_limit }))]) {
      const response = await patch(server, person.token, '/api/me/', fields);
      assert.equal(response.status, 400, JSON.stringify(fields));
      assert.ok(response.json().daily_limit);
    }
    assert.equal((await patch(server, key, '/api/me/', { daily_limit: 5 })).status, 403);
    assert.equal((await patch(server, 'x', '/api/me/', { daily_limit: 5 })).status, 401);
    assert.equal((await patch(server, person.token, '/api/me/', { daily_limit: 0 })).status, 200);
    assert.equal((await person.chat()).status, 402);
  });
});

describe('the daily limit of an API key', () => {
  it('holds for that key alone', async (t) => {
    const { server, person } = await start(t);
    const { id, key, daily_limit } = await newKey(person, { name: 'program', daily_limit: 100 });
    assert.equal(daily_limit, 100);
    assert.equal((await chat(server, key)).status, 200);
    const refused = await chat(server, key);
    assert.equal(refused.status, 402);
    assert.deepEqual(refused.json(), { error: "This API key's daily limit is reached" });
    expectRetryAfterMidnight(refused);
    const { client } = clientOf(server, key);
    await assert.rejects(
      client.chat.completions.create({ model: 'offline', messages: [{ role: 'user', content: 'Hello' }] }),
      (error) => {
        assert.equal(error.status, 402);
        assert.equal(error.code, 'key_daily_limit_reached');
        assert.deepEqual(error.error.metadata, { required: 100, available: 0, held: 0 });
        return true;
      },
    );
    assert.equal((await person.chat()).status, 200);
    const changed = await patch(server, person.token, `/api/keys/${id}/`, { daily_limit: 200 });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.json().daily_limit, 200);
    assert.equal('key' in changed.json(), false);
    assert.equal((await chat(server, key)).status, 200);
    assert.equal((await chat(server, key)).status, 402);
    await patch(server, person.token, `/api/keys/${id}/`, { daily_limit: null });
    assert.equal((await keysOf(person))[0].daily_limit, null);
    assert.equal((await chat(server, key)).status, 200);
    await expectHolds(server, { settled: 4, released: 0 });
    await expectSound(server, 4);
  });

  it('is nobody else\'s to change', async (t) => {
    const { server, person } = await start(t);
    const stranger = await Person.join(server);
    const { id, key } = await newKey(person);
    assert.equal((await patch(server, stranger.token, `/api/keys/${id}/`, { daily_limit: 1 })).status, 404);
    assert.equal((await patch(server, key, `/api/keys/${id}/`, { daily_limit: 1 })).status, 403);
    assert.equal((await patch(server, person.token, `/api/keys/x/`, { daily_limit: 1 })).status, 404);
    assert.equal((await patch(server, person.token, `/api/keys/${id}/`, {})).status, 400);
  });
});
