// What the sqlite3 shell does to the database of a stopped server, with a log that it leaves for the server to recover.

import assert from 'node:assert/strict';

import { run } from '../../e2e/harness/children.mjs';

/** Runs SQL and leaves all that it changed in the write-ahead log. */
export async function writeToLog(file, sql) {
  const input = `.dbconfig no_ckpt_on_close on\n${sql}`;
  const { code, stderr } = await run('sqlite3', ['-bail', file], { input });
  assert.equal(`${code} ${stderr}`, '0 ');
}
