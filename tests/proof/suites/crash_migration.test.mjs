// The server is killed at each call with which it makes a database or brings an older one up to date: when it starts
// again all is there, and nothing twice.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { query } from '../../e2e/harness/database.mjs';
import { expectSound } from '../../e2e/harness/figures.mjs';
import { keysOf } from '../../e2e/harness/keys.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { withPoint } from '../harness/crash_point.mjs';
import { writeToLog } from '../harness/sqlite_shell.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const SCHEMA_VERSION = 3;
const MOMENTS = ['before', 'torn', 'after'];
const FILES = 'parley.db?(-wal|-journal)';
/** A start that has work to do has calls between these. */
const CALLS_MIN = 5;
const CALLS_MAX = 300;

const fixture = (name) => readFileSync(new URL(`../fixtures/${name}.sql`, import.meta.url), 'utf8');

/** The people of the fixtures: their login tokens, and carol's API keys. */
const TOKENS = {
  ada: '665953135618812652.hKsBxJgHLSNff3BoStAgIw',
  bob: '1870717176557460479.WbOVL3Wc2-mRVE9jm3LoLg',
  carol: '2161564584358511249.FO6TFrzFzg0GKoHMINfeWA',
};
const KEY = 'sk-2161564584358511249.g-xKjrN97w4WbD71-_v2pw';
const ENDED_KEY = 'sk-2161564584358511249.LvGUPxBP_HNYR_BKSuXYeA';
const ONCE = { message: 'Once and only once', headers: { 'Idempotency-Key': 'order-1' }, turn: '9' };

const ONE = { sql: fixture('version_1'), balances: { ada: 3700, bob: 4000 }, turns: 3, entries: 5, columns: '' };
const TWO = {
  sql: ONE.sql + fixture('version_2'),
  balances: { ...ONE.balances, carol: 3700 },
  turns: 6,
  entries: 9,
  columns: ', api_key',
  hasKeys: true,
};
/** By the version of the schema; 0 is a folder where no server has been. */
const OLD = { 0: { sql: '', balances: {}, turns: 0 }, 1: ONE, 2: TWO };

/** A stopped server with such a database; its log is as a kill has left it. */
async function serverOn({ sql }, t) {
  const server = new Server();
  t.after(() => server.finish());
  if (sql !== '') {
    mkdirSync(server.folder, { recursive: true });
    await writeToLog(path.join(server.folder, 'parley.db'), sql);
  }
  return server;
}

const rowsOf = (columns, rows) =>
  `SELECT json_group_array(row) AS rows FROM (SELECT json_array(${columns}) AS row FROM ${rows} ORDER BY 1)`;

/** What neither a migration nor what comes after it may change. */
function contentOf(server, { balances, entries, columns, hasKeys }) {
  const names = Object.keys(balances).map((name) => `'${name}'`);
  const tables = [
    rowsOf('id, username, username_key, password_hash, created_ms, disabled', `accounts WHERE username IN (${names})`),
    rowsOf(
      `id, account, sequence, kind, amount, balance_after, time_ms, hex(digest)${columns}`,
      `entries WHERE id <= ${entries}`,
    ),
    rowsOf('id, account, message, response', `turns WHERE id <= ${entries}`),
  ];
  if (hasKeys) {
    tables.push(
      rowsOf('id, account, name, hex(digest), created_ms, spending_limit, spent, ended_ms', 'api_keys'),
      rowsOf('turn, account, key, hex(fingerprint), available, answer', 'idempotency_records'),
    );
  }
  return query(server.folder, tables.join(' UNION ALL '));
}

async function expectKeys(server, person) {
  assert.deepEqual(
    (await keysOf(person)).map(({ name, spent, limit }) => ({ name, spent, limit })),
    [{ name: 'laptop', spent: 100, limit: 1000 }],
  );
  for (const [token, status] of [
    [KEY, 200],
    [ENDED_KEY, 401],
  ]) {
    assert.equal((await server.post('/api/balance/', {}, { token })).status, status);
  }
  const { message, headers, turn } = ONCE;
  const replay = await server.post('/api/chat/', { message }, { token: person.token, headers });
  assert.equal(replay.status, 200, replay.text);
  assert.deepEqual([replay.header('Idempotency-Replayed'), replay.header('Parley-Turn')], ['true', turn]);
}

/** Everybody is known by token and by password, has what they had, and can go on; resolves with the turns there are. */
async function expectGoesOn(server, { balances, turns, hasKeys }) {
  for (const [username, balance] of Object.entries(balances)) {
    const person = new Person(server, username);
    person.token = TOKENS[username];
    if (hasKeys && username === 'carol') await expectKeys(server, person);
    assert.equal(await person.balance(), balance, username);
    await person.login();
    assert.equal((await person.chat()).status, 200);
    assert.equal(await person.balance(), balance - 100, username);
  }
  const person = await Person.join(server);
  assert.equal((await person.chat()).status, 200);
  return turns + Object.keys(balances).length + 1;
}

/** False where it did not come to this call, since it had come up before. */
async function diesAtStart(server, point) {
  return withPoint(server, point, async () => {
    const failed = await server.start().then(
      () => false,
      () => true,
    );
    const { signal } = await server.kill();
    assert.ok(!failed || signal === 'SIGKILL', server.log);
  });
}

/** Dies at each of the points, one after the other; false where it did not come to one. */
async function expectSafe(t, old, points) {
  const server = await serverOn(old, t);
  const before = old.entries > 0 && (await contentOf(server, old));
  const reached = [];
  for (const point of points) reached.push(await diesAtStart(server, point));
  await server.start();
  const turns = await expectGoesOn(server, old);
  await server.terminate();
  await expectSound(server, turns);
  if (before) assert.deepEqual(await contentOf(server, old), before);
  const [{ user_version }] = await query(server.folder, 'PRAGMA user_version');
  assert.equal(user_version, SCHEMA_VERSION);
  return reached.every(Boolean);
}

describe('a server that dies while it starts', () => {
  for (const [version, old] of Object.entries(OLD)) {
    const what = version === '0' ? 'in an empty folder' : `on a database of version ${version}`;

    it(`${what}, at each call, loses nothing`, async (t) => {
      let at = 1;
      for (let reached = true; reached && at < CALLS_MAX; at += reached ? 1 : 0) {
        for (const when of LONG ? MOMENTS : [MOMENTS[at % MOMENTS.length]]) {
          reached = false;
          await t.test(`${when} call ${at}`, async (each) => {
            reached = await expectSafe(each, old, [{ files: FILES, calls: 'any', at, when }]);
          });
        }
      }
      assert.ok(at > CALLS_MIN && at < CALLS_MAX, `it came up after ${at} calls`);
      t.diagnostic(`it died at each of ${at - 1} calls`);
    });

    it(`${what}, again and again, comes up in the end`, async (t) => {
      const points = [2, 5, 1, 6, 3, 4].map((at) => ({ files: FILES, calls: 'any', at, when: 'torn' }));
      assert.ok(await expectSafe(t, old, points), 'it did not die each time');
    });
  }
});
