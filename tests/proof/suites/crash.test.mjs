// The server is killed with kill -9 under load of every kind, again and again at random moments: whatever a client was
// told is there, with its one charge. PARLEY_PROOF_CRASHES sets how often, and PARLEY_PROOF_SEED repeats the choices of
// a run.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { delay } from '../../e2e/harness/eventually.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { OPENING } from '../harness/journal.mjs';
import { SEED, Seeded } from '../harness/seeded.mjs';
import { Witnesses } from '../harness/witnesses.mjs';

const CRASHES = Number(process.env.PARLEY_PROOF_CRASHES ?? (process.env.PARLEY_PROOF === 'long' ? 2_000 : 150));
/** A data folder goes through so many; then comes a new one, lest the comparisons grow without end. */
const CRASHES_OF_A_FOLDER = 75;
const LOAD_MS_MAX = 250;
const START_MS_MAX = 40;
const ACCOUNTS = 4;
const COMPARE_ROWS_EVERY = 10;
/** From so many on, each kind of load must have had answers. */
const CRASHES_WITH_EVERY_KIND = 20;

/** Kills the server once more, while it opens what the kill before has left. */
async function killWhileItStarts(server, random) {
  const starting = server.start().catch((error) => error);
  await delay(random.next() * START_MS_MAX);
  await server.kill();
  await starting;
}

async function crash(witnesses, cycle) {
  const { server, name } = witnesses;
  const random = new Seeded(name, cycle);
  const load = witnesses.loadUntilItDies(cycle);
  const early = load.then(() => assert.fail('the server was gone before it was killed'));
  early.catch(() => {}); // it comes to that after the kill
  await Promise.race([early, delay(random.next() * LOAD_MS_MAX)]);
  await server.kill();
  await load;
  if (random.onceIn(8)) await killWhileItStarts(server, random);
}

const FOLDERS = Math.ceil(CRASHES / CRASHES_OF_A_FOLDER);
const crashesBefore = (folder) => Math.round((CRASHES * folder) / FOLDERS);

describe('a server that is killed under load', () => {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const begun = crashesBefore(folder);
    const times = crashesBefore(folder + 1) - begun;
    it(`has all that it said, once, after crashes ${begun + 1} to ${begun + times}`, async (t) => {
      t.diagnostic(`PARLEY_PROOF_SEED=${SEED}`);
      const server = await Server.startFor(t, { settings: { 'starting-balance': OPENING } });
      const witnesses = await Witnesses.join(server, ACCOUNTS, folder);
      for (let cycle = 1; cycle <= times; cycle += 1) {
        await crash(witnesses, cycle);
        if (cycle % COMPARE_ROWS_EVERY === 0) await witnesses.expectStored();
        await server.start();
        await witnesses.expectKept();
      }
      await witnesses.retryAll();
      await server.terminate();
      const turns = await witnesses.expectStored();
      if (times >= CRASHES_WITH_EVERY_KIND) witnesses.expectEveryKind();
      t.diagnostic(`${times} kills: ${turns} chats saved; ${witnesses.summary}`);
    });
  }
});
