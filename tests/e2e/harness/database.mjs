// What the data folder of a stopped server holds, read from a copy: nothing but the server may open the original.

import assert from 'node:assert/strict';
import { cpSync, openSync, closeSync, readFileSync, readSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { run } from './children.mjs';
import { temporaryFolder } from './server.mjs';

const MAGIC = 'SQLite format 3\0';

/** The path of the one database file in the folder. */
export function databaseIn(folder) {
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(folder, name))
    .filter((file) => {
      const descriptor = openSync(file);
      const start = Buffer.alloc(MAGIC.length);
      readSync(descriptor, start);
      closeSync(descriptor);
      return start.toString('latin1') === MAGIC;
    });
  assert.equal(found.length, 1, `databases in ${folder}: ${found.join(', ')}`);
  return found[0];
}

/** Every byte of every file in the folder, in one text: what it does not have is not there. */
export function everyByteOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(path.join(folder, name), 'latin1'))
    .join('\n');
}

/** Runs SQL on a database that nobody has open; returns its rows as objects. */
export async function execute(file, sql) {
  const { code, stdout, stderr } = await run('sqlite3', ['-json', file], { input: sql });
  assert.equal(code, 0, stderr);
  return stdout.trim() === '' ? [] : JSON.parse(stdout);
}

/** The rows of a query on a copy of the folder. */
export async function query(folder, sql) {
  const copy = temporaryFolder();
  try {
    const database = path.basename(databaseIn(folder));
    for (const name of readdirSync(folder).filter((each) => each.startsWith(database))) {
      cpSync(path.join(folder, name), path.join(copy, name));
    }
    return await execute(path.join(copy, database), sql);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
