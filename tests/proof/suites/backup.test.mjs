// `parley backup` beside a server under load, and `parley restore`: a moment of the books, whole and sound.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { query } from '../../e2e/harness/database.mjs';
import { expectSound } from '../../e2e/harness/figures.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { parley, Server, temporaryFolder } from '../../e2e/harness/server.mjs';

const BACKUPS = process.env.PARLEY_PROOF === 'long' ? 100 : 5;

/** `parley backup` of the server's folder; the path of the new file. */
async function backUp(server, name = 'backup.db') {
  const file = path.join(temporaryFolder(), name);
  const ended = await parley(['backup', file, '--data', server.folder]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /verified +sound/);
  return file;
}

/** A server on what was restored from the file. */
async function restored(t, file) {
  const folder = path.join(temporaryFolder(), 'data');
  const ended = await parley(['restore', file, '--data', folder]);
  assert.equal(ended.code, 0, ended.stderr);
  return Server.startFor(t, { folder });
}

async function refused(args, sentence) {
  const ended = await parley(args);
  assert.equal(ended.code, 1, ended.stdout);
  assert.match(ended.stderr, sentence);
  assert.equal(ended.stdout, '');
}

/** Chats until it is told to stop; returns the messages in the order in which they were answered. */
function chatting(person) {
  const answered = [];
  let stop = false;
  const ended = (async () => {
    for (let i = 0; !stop; i += 1) {
      assert.equal((await person.chat(`${person.username} ${i}`)).status, 200);
      answered.push(`${person.username} ${i}`);
    }
  })();
  return {
    answered,
    stop: () => {
      stop = true;
      return ended;
    },
  };
}

describe('a backup', () => {
  it('has everything that was answered before it began, while the server goes on', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': 100_000_000 } });
    const people = [await Person.join(server), await Person.join(server), await Person.join(server)];
    const chats = people.map(chatting);
    for (let i = 0; i < BACKUPS; i += 1) {
      const before = chats.flatMap(({ answered }) => answered);
      const file = await backUp(server);
      const folder = path.join(temporaryFolder(), 'data');
      assert.equal((await parley(['restore', file, '--data', folder])).code, 0);
      const saved = new Set((await query(folder, 'SELECT message FROM turns;')).map(({ message }) => message));
      for (const message of before) assert.ok(saved.has(message), `${message} was answered before the backup began`);
      const verified = await parley(['verify', '--data', folder]);
      assert.equal(verified.code, 0, verified.stdout);
    }
    await Promise.all(chats.map(({ stop }) => stop()));
    assert.ok(chats.every(({ answered }) => answered.length > BACKUPS), 'there was too little load to show anything');
    await expectSound(server, chats.flatMap(({ answered }) => answered).length);
  });

  it('brings back accounts, tokens and balances, and takes back what came after it', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    assert.equal((await person.chat('before')).status, 200);
    const file = await backUp(server);
    assert.equal((await person.chat('after')).status, 200);
    const { token } = person;
    await server.terminate();

    const again = await restored(t, file);
    const balance = await again.post('/api/balance/', {}, { token });
    assert.deepEqual(balance.json(), { token_balance: 3900 });
    assert.equal((await again.post('/api/chat/', { message: 'on' }, { token })).status, 200);
    await again.terminate();
    assert.deepEqual(
      (await query(again.folder, 'SELECT message FROM turns ORDER BY id;')).map(({ message }) => message),
      ['before', 'on'],
    );
    await expectSound(again, 2);
  });

  it('is one file for its owner alone, and leaves the data folder as it was', async (t) => {
    const server = await Server.startFor(t);
    await (await Person.join(server)).chat();
    await server.terminate();
    const before = readdirSync(server.folder).sort();
    const file = await backUp(server);
    assert.deepEqual(readdirSync(path.dirname(file)), ['backup.db']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(server.folder).sort(), before);
  });

  it('overwrites nothing, and is not made of nothing', async (t) => {
    const server = await Server.startFor(t);
    const file = await backUp(server);
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    await refused(['backup', file, '--data', server.folder], /exists already/);
    assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), digest);
    const nowhere = path.join(temporaryFolder(), 'none');
    await refused(['backup', path.join(temporaryFolder(), 'b'), '--data', nowhere], /There is no database/);
    assert.ok(!existsSync(nowhere));
    await refused(['backup', '/nowhere/at/all.db', '--data', server.folder], /can't be made: No such file/);
  });

  it('is not restored over a database, into a folder in use, or when it is damaged', async (t) => {
    const server = await Server.startFor(t);
    await (await Person.join(server)).chat();
    const file = await backUp(server);
    await refused(['restore', file, '--data', server.folder], /in use by another parley/);
    await server.terminate();
    await refused(['restore', file, '--data', server.folder], /already; restore to a new folder/);

    const folder = path.join(temporaryFolder(), 'data');
    const bytes = readFileSync(file);
    truncateSync(file, Math.floor(bytes.length / 2));
    await refused(['restore', file, '--data', folder], /parley: /);
    bytes.set(Buffer.alloc(4096, 0x5a), bytes.length - 4096);
    writeFileSync(file, bytes);
    await refused(['restore', file, '--data', folder], /unsound|malformed|can't be/);
    writeFileSync(file, 'not a database');
    await refused(['restore', file, '--data', folder], /parley: /);
    assert.ok(!existsSync(path.join(folder, 'parley.db')), 'nothing that is damaged gets the name of the database');
  });
});
