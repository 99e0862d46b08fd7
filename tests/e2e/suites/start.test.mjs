// Starting: where it listens, what it refuses to share, and what it keeps from one start to the next.

import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { databaseIn, execute } from '../harness/database.mjs';
import { expectSound } from '../harness/figures.mjs';
import { Person } from '../harness/people.mjs';
import { parley, Server } from '../harness/server.mjs';

async function expectRefused(args, sentence) {
  const { code, stderr } = await parley(args);
  assert.notEqual(code, 0);
  assert.match(stderr, sentence);
}

describe('a server', () => {
  it('on port 0 says which port it took, and which engine answers', async (t) => {
    const server = await Server.startFor(t);
    assert.ok(server.address.port > 0);
    assert.match(server.stdout, new RegExp(`^ *listening +http://127\\.0\\.0\\.1:${server.address.port}$`, 'm'));
    assert.match(server.stdout, /^ *engine +offline/m);
    assert.ok(server.stdout.includes(server.folder));
  });

  it('refuses a data folder that another server has', async (t) => {
    const server = await Server.startFor(t);
    await expectRefused(['serve', '--data', server.folder, '--listen', '127.0.0.1:0'], /in use by another parley.*\n/);
    assert.equal((await server.request('GET', '/readyz')).status, 200);
    await Person.join(server);
  });

  it('refuses a port that another server has', async (t) => {
    const server = await Server.startFor(t);
    const other = new Server();
    t.after(() => other.finish());
    const { host, port } = server.address;
    await expectRefused(['serve', '--data', other.folder, '--listen', `${host}:${port}`], new RegExp(String(port)));
    assert.equal((await server.request('GET', '/readyz')).status, 200);
  });

  it('makes its data folder, readable by its own user only', async (t) => {
    const outer = new Server();
    t.after(() => outer.finish());
    const folder = path.join(outer.folder, 'deeper', 'data');
    const server = await Server.startFor(t, { folder });
    assert.equal(statSync(folder).mode & 0o077, 0);
    await Person.join(server);
    assert.equal(statSync(databaseIn(folder)).mode & 0o077, 0);
    assert.equal(statSync(path.join(folder, 'admin.sock')).mode & 0o177, 0);
  });

  it('keeps accounts, tokens and balances from one start to the next', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    await person.chat();
    await server.terminate();
    await server.start();
    assert.equal(await person.balance(), 3900);
    assert.equal((await person.chat()).header('Parley-Balance'), '3800');
    await expectSound(server, 2);
  });

  it('and verify refuse data that a newer parley wrote', async (t) => {
    const server = await Server.startFor(t);
    await server.terminate();
    await execute(databaseIn(server.folder), 'PRAGMA user_version = 9999;');
    await expectRefused(['serve', '--data', server.folder, '--listen', '127.0.0.1:0'], /9999.*newer parley/s);
    await expectRefused(['verify', '--data', server.folder], /9999.*newer parley/s);
  });

  it('refuses a database that is not its own', async (t) => {
    const server = await Server.startFor(t);
    await server.terminate();
    const database = path.basename(databaseIn(server.folder));
    const stranger = path.join(server.folder, 'stranger');
    mkdirSync(stranger);
    await execute(path.join(stranger, database), 'PRAGMA application_id = 7; CREATE TABLE theirs (x);');
    await expectRefused(['serve', '--data', stranger, '--listen', '127.0.0.1:0'], /not made by parley/);
    writeFileSync(
      path.join(stranger, database),
      'this is no database at all, but it is long enough to look at'.repeat(200),
    );
    await expectRefused(['serve', '--data', stranger, '--listen', '127.0.0.1:0'], /database/i);
  });

  it('refuses a data folder that can be no folder', async (t) => {
    const server = new Server();
    t.after(() => server.finish());
    const file = path.join(server.folder, 'file');
    writeFileSync(file, '');
    await expectRefused(['serve', '--data', file, '--listen', '127.0.0.1:0'], /file/);
  });
});

describe('verify', () => {
  it('finds a balance that was edited by hand', async (t) => {
    const server = await Server.startFor(t);
    await (await Person.join(server)).chat();
    await server.terminate();
    await expectSound(server, 1);
    await execute(
      databaseIn(server.folder),
      'UPDATE entries SET balance_after = balance_after + 1 WHERE sequence = 2;',
    );
    assert.equal((await server.verify()).code, 1);
  });

  it('finds a turn without its charge and a charge without its turn', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    await person.chat();
    await person.chat();
    await server.terminate();
    const database = databaseIn(server.folder);
    await execute(database, 'DELETE FROM turns WHERE id = (SELECT min(id) FROM turns);');
    assert.equal((await server.verify()).code, 1);
  });

  it('refuses a folder without data', async () => {
    const { code, stderr } = await parley(['verify', '--data', '/nonexistent/parley']);
    assert.notEqual(code, 0);
    assert.match(stderr, /\/nonexistent\/parley/);
  });
});
