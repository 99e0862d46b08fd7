// The server is killed under load in the middle of chosen calls: while it writes a commit, before that is synced, after
// it is and before the replies leave, and all through a checkpoint.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { databaseIn } from '../../e2e/harness/database.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { withPoint } from '../harness/crash_point.mjs';
import { OPENING } from '../harness/journal.mjs';
import { SEED } from '../harness/seeded.mjs';
import { writeToLog } from '../harness/sqlite_shell.mjs';
import { Witnesses } from '../harness/witnesses.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const ACCOUNTS = 3;
const DIES_MS_MAX = 20_000;
/** Changes enough pages for a checkpoint of some length. */
const ANSWERS_BEFORE_STOP = 30;

const LOG = 'parley.db-wal';
const DATABASE = 'parley.db';

/** The short form's calls, or in the long form each of the first ones. */
const calls = (...short) => (LONG ? Array.from({ length: 3 * short.at(-1) }, (_, at) => at + 1) : short);

const all = (points, fields) => points.map((at) => ({ at, ...fields }));

const UNDER_LOAD = {
  'while a commit is written': [
    ...all(calls(1, 2, 4, 7), { files: LOG, calls: 'write', when: 'before' }),
    ...all(calls(1, 3, 6, 12), { files: LOG, calls: 'write', when: 'torn' }),
  ],
  'before a commit is synced': all(calls(1, 2, 3, 5, 8, 13), { files: LOG, calls: 'sync', when: 'before' }),
  'after a commit and before its replies': all(calls(1, 2, 3, 5, 8, 13), { files: LOG, calls: 'sync', when: 'after' }),
};

const IN_A_CHECKPOINT = [
  { at: 1, calls: 'write', when: 'before' },
  { at: 2, calls: 'write', when: 'torn' },
  { at: 4, calls: 'write', when: 'before' },
  { at: 7, calls: 'write', when: 'torn' },
  { at: 1, calls: 'sync', when: 'before' },
  { at: 1, calls: 'sync', when: 'after' },
].map((point) => ({ ...point, files: DATABASE }));

const IN_A_LONG_CHECKPOINT = [
  { at: 1, calls: 'write', when: 'torn' },
  { at: 100, calls: 'write', when: 'before' },
  { at: 7_000, calls: 'write', when: 'torn' },
  { at: 1, calls: 'sync', when: 'before' },
  { at: 1, calls: 'sync', when: 'after' },
].map((point) => ({ ...point, files: DATABASE }));

/** Leaves so many frames in the log of a stopped server that the next commits bring a checkpoint. */
async function lengthenLog(folder) {
  await writeToLog(
    databaseIn(folder),
    `BEGIN; CREATE TABLE padding (bytes); INSERT INTO padding VALUES (zeroblob(32000000)); DROP TABLE padding; COMMIT;`,
  );
}

/** Fails where the promise takes longer than that. */
async function within(time_ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the server still lives after ${time_ms} ms`)), time_ms);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

describe('a server that dies', () => {
  const server = new Server({ settings: { 'starting-balance': OPENING } });
  let witnesses;
  let cycle = 0;

  before(async () => {
    await server.start();
    witnesses = await Witnesses.join(server, ACCOUNTS, 'points');
    await server.kill();
  });
  after(() => server.finish());

  /** Starts a server that dies at the point under load, which may be told to stop, and looks at what it leaves. */
  async function dieAt(point, { stopping = false } = {}) {
    cycle += 1;
    const reached = await withPoint(server, point, async () => {
      await server.start();
      const answered = witnesses.answered;
      const load = witnesses.loadUntilItDies(cycle);
      load.catch(() => {}); // it is awaited further down
      if (stopping) {
        const busy = eventually('some answers', () => witnesses.answered >= answered + ANSWERS_BEFORE_STOP);
        await Promise.race([busy, load]);
        await server.terminate();
      }
      await within(DIES_MS_MAX, load).finally(() => stopping || server.kill());
    });
    assert.ok(reached, 'the server came to its end, and not to the point');
    await witnesses.expectStored();
    await server.start();
    await witnesses.expectKept();
    await server.kill();
  }

  const nameOf = ({ when, at, calls: kind, files }) => `${when} ${kind} ${at} of ${files}`;

  for (const [moment, points] of Object.entries(UNDER_LOAD)) {
    for (const point of points) it(`${moment} has all that it said: ${nameOf(point)}`, () => dieAt(point));
  }

  for (const point of IN_A_CHECKPOINT) {
    it(`in the checkpoint with which it stops has all that it said: ${nameOf(point)}`, () =>
      dieAt(point, { stopping: true }));
  }

  for (const point of IN_A_LONG_CHECKPOINT) {
    it(`in a checkpoint under load has all that it said: ${nameOf(point)}`, async () => {
      await lengthenLog(server.folder);
      await dieAt(point);
    });
  }

  it('has each chat that was cut off and is sent again, once', async (t) => {
    await server.start();
    await witnesses.retryAll();
    await server.terminate();
    const turns = await witnesses.expectStored();
    witnesses.expectEveryKind();
    t.diagnostic(`PARLEY_PROOF_SEED=${SEED}: ${cycle} deaths, ${turns} chats saved; ${witnesses.summary}`);
  });
});
