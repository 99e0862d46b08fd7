// The journals of the crash proofs are themselves put to the proof. Each test does to the data folder, between a kill
// and the next start, what a bad crash might; the comparisons must say so, also where `verify` can't.

import assert from 'node:assert/strict';
import { cpSync, rmSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';

import { databaseIn, execute } from '../../e2e/harness/database.mjs';
import { endKey, newKey } from '../../e2e/harness/keys.mjs';
import { Server, temporaryFolder } from '../../e2e/harness/server.mjs';
import { OPENING } from '../harness/journal.mjs';
import { Witnesses } from '../harness/witnesses.mjs';

const LOST = /turns that are lost/;
const NOT_IN_STATEMENT = /turns that were answered are not in the statement/;

const isNoSocket = (file) => !statSync(file).isSocket();

/** As a restore from a copy does it: what came after the copy is gone. */
function copy(from, to) {
  rmSync(to, { recursive: true });
  cpSync(from, to, { recursive: true, filter: isNoSocket });
}

const nextEntry = '(SELECT max(id) + 1 FROM entries)';

/** What is done to the chat of this turn, the newest, and what is said of it: from the rows, over HTTP, by `verify`. */
const HARM = {
  'a chat that is lost with its charge': {
    sql: (turn) => `DELETE FROM idempotency_records WHERE turn = ${turn};
      DELETE FROM turns WHERE id = ${turn}; DELETE FROM entries WHERE id = ${turn};`,
    stored: LOST,
    kept: NOT_IN_STATEMENT,
    isSound: true,
  },
  'a folder as it was before': { isOld: true, stored: LOST, kept: NOT_IN_STATEMENT, isSound: true },
  'a text that is another': {
    sql: (turn) => `UPDATE turns SET response = 'AI response' WHERE id = ${turn};`,
    stored: /AI response/,
    isSound: true,
  },
  'an idempotency key that is forgotten': {
    sql: (turn) => `DELETE FROM idempotency_records WHERE turn = ${turn};`,
    stored: /key: null/,
    isSound: true,
  },
  'a chat that is saved and charged twice': {
    sql: (turn) => `INSERT INTO turns (id, account, message, response)
        SELECT ${nextEntry}, account, message, response FROM turns WHERE id = ${turn};
      INSERT INTO entries SELECT ${nextEntry}, account, sequence + 1, kind, amount, balance_after + amount, time_ms,
        digest, api_key FROM entries WHERE id = ${turn};`,
    stored: /is there twice/,
    kept: /is turn \d+ and \d+/,
  },
  'an ended API key that lives again': {
    sql: () => 'UPDATE api_keys SET ended_ms = NULL;',
    stored: /key 1 of/,
    kept: /key 1 was ended/,
    isSound: true,
  },
};

/** A witness who was told of an ended key, of a chat, and, after `between`, of one more; resolves with its turn. */
async function chatTwice(journal, between) {
  const { person } = journal;
  journal.askForKey('program');
  const key = journal.tellKey(await newKey(person));
  assert.equal((await endKey(person, key.id)).status, 204);
  key.ended = true;
  for (const message of ['the first', 'the second']) {
    if (message === 'the second') await between();
    const chat = journal.ask(message, { idempotencyKey: message });
    const headers = { 'Idempotency-Key': message };
    const response = await person.server.post('/api/chat/', { message }, { token: person.token, headers });
    const turn = Number(response.header('Parley-Turn'));
    journal.tell(chat, { turn, response: response.json().response, charge: 100 });
  }
  return journal.chats.get('the second').turn;
}

describe('a journal of what a server said', () => {
  for (const [what, { sql, isOld = false, stored, kept, isSound = false }] of Object.entries(HARM)) {
    it(`notices ${what}`, async (t) => {
      const server = await Server.startFor(t, { settings: { 'starting-balance': OPENING } });
      const witnesses = await Witnesses.join(server, 1);
      const old = temporaryFolder();
      const turn = await chatTwice(witnesses.journals[0], async () => {
        await server.kill();
        copy(server.folder, old);
        await server.start();
      });
      await server.kill();
      await witnesses.expectStored();
      if (isOld) copy(old, server.folder);
      else await execute(databaseIn(server.folder), sql(turn));
      assert.equal((await server.verify()).code === 0, isSound);
      await assert.rejects(witnesses.expectStored(), stored);
      await server.start();
      if (kept) await assert.rejects(witnesses.expectKept(), kept);
    });
  }

  it('has nothing to say where all is there', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': OPENING } });
    const witnesses = await Witnesses.join(server, 1);
    await chatTwice(witnesses.journals[0], () => {});
    await server.kill();
    assert.equal(await witnesses.expectStored(), 2);
    await server.start();
    await witnesses.expectKept();
  });
});
