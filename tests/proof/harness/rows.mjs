// The rows of a stopped server's database, held against the journals: all that was told is there, and nothing else.

import assert from 'node:assert/strict';

import { query } from '../../e2e/harness/database.mjs';

import { answerTo, OPENING, PRICE } from './journal.mjs';

const GRANT = 1;
const CHARGE = 2;

const TURNS = `SELECT turns.id AS turn, username, message, response, finish_reason, kind, amount,
    entries.account = turns.account AS same_account, api_key, key
  FROM turns LEFT JOIN entries ON entries.id = turns.id LEFT JOIN accounts ON accounts.id = turns.account
    LEFT JOIN idempotency_records ON idempotency_records.turn = turns.id`;

const ACCOUNTS = `SELECT username, count(*) AS entries, sum(amount) AS balance, sum(kind = ${GRANT}) AS grants,
    sum(kind = ${CHARGE}) AS charges,
    (SELECT balance_after FROM entries newest WHERE account = accounts.id ORDER BY sequence DESC LIMIT 1) AS newest
  FROM accounts LEFT JOIN entries ON entries.account = accounts.id GROUP BY accounts.id`;

const KEYS = 'SELECT id, ended_ms IS NOT NULL AS ended FROM api_keys';

/** Of chats that are in doubt, none or one may be there; of all others what the journal knows. */
function expectTurns(rows, journals) {
  const chats = new Map(journals.flatMap(({ username, chats: all }) => [...all].map(([k, v]) => [k, [username, v]])));
  const seen = new Set();
  for (const { turn, username, message, response, finish_reason, kind, amount, same_account, api_key, key } of rows) {
    const where = `turn ${turn} of ${username}`;
    const [asker, chat] = chats.get(message) ?? assert.fail(`${where} was never asked`);
    assert.ok(!seen.has(message), `${where} is there twice`);
    seen.add(message);
    assert.ok(chat.turn === turn || chat.inDoubt, `${where} is known as ${chat.turn}`);
    assert.deepEqual(
      { username, response, finish: finish_reason ?? 'stop', kind, amount, same_account, apiKey: api_key, key },
      {
        username: asker,
        response: answerTo(message),
        finish: 'stop',
        kind: CHARGE,
        amount: -PRICE,
        same_account: 1,
        apiKey: chat.apiKey,
        key: chat.idempotencyKey,
      },
      where,
    );
  }
  const lost = [...chats.values()].filter(([, { turn, message }]) => turn !== undefined && !seen.has(message));
  assert.deepEqual(lost.map(([username, { turn }]) => `turn ${turn} of ${username}`), [], 'turns that are lost');
}

function expectAccounts(rows, turnRows, journals, newcomers) {
  const charged = new Map();
  for (const { username } of turnRows) charged.set(username, (charged.get(username) ?? 0) + 1);
  const accounts = new Map(rows.map((row) => [row.username, row]));
  assert.equal(accounts.size, rows.length);
  for (const { username, balance, grants, charges, entries, newest } of rows) {
    const turns = charged.get(username) ?? 0;
    const worth = OPENING - PRICE * turns;
    assert.deepEqual(
      { balance, newest, grants, charges, entries },
      { balance: worth, newest: worth, grants: 1, charges: turns, entries: turns + 1 },
      username,
    );
  }
  const known = new Set([...journals, ...newcomers].map(({ username }) => username));
  const strangers = [...accounts.keys()].filter((username) => !known.has(username));
  assert.deepEqual(strangers, [], 'accounts that nobody asked for');
  for (const { username } of [...journals, ...newcomers.filter(({ registered }) => registered)]) {
    assert.ok(accounts.has(username), `${username} is lost`);
  }
}

function expectKeys(rows, journals) {
  const stored = new Map(rows.map((row) => [row.id, row]));
  for (const { username, keys } of journals) {
    for (const { id, ended, ending } of keys.values()) {
      const row = stored.get(id);
      assert.ok(row, `key ${id} of ${username} is lost`);
      if (!ending || ended) assert.equal(row.ended === 1, ended, `key ${id} of ${username}`);
    }
  }
}

/** `newcomers`: accounts that never chatted. Resolves with the count of turns. */
export async function expectRows(folder, journals, newcomers = []) {
  const turns = await query(folder, TURNS);
  expectTurns(turns, journals);
  expectAccounts(await query(folder, ACCOUNTS), turns, journals, newcomers);
  expectKeys(await query(folder, KEYS), journals);
  return turns.length;
}
