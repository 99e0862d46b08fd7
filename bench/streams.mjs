// Streamed completions, many at once: what a delta and a request cost Parley, what an open stream keeps in memory, and
// whether every delta arrives.

import { delay } from '../tests/e2e/harness/eventually.mjs';
import { firstDeltaLatency } from './added_latency.mjs';
import { cpuUs, residentMb } from './figures.mjs';
import { STREAMS_PATH } from './nginx.mjs';
import { SETTINGS, during } from './scenarios.mjs';
import { StreamClient } from './stream_client.mjs';

/**
 * Deltas come as they do from a real model, one at a time and some time apart, which is the dear way: those that come
 * together are read and written together.
 */
const AT_ONCE = 128;
const EVERY_MS = 10;
/** Two mixes, of as many streams one after the other on each connection: from both, what either costs. */
const SHORT = { rounds: 20, deltas: 10 };
const LONG = { rounds: 2, deltas: 200 };
const WARM_UP = { rounds: 2, deltas: 5 };

const HELD_OPEN = 2_000;
const HELD_OPEN_EVERY_MS = 500;
const HELD_OPEN_DELTAS = 16;
const OPENED_TOGETHER = 100;
const LOOK_EVERY_MS = 100;

const settingsFor = (model) => ({
  ...SETTINGS,
  engine: 'openai',
  'openai-base-url': `${model.url}/v1`,
  'openai-model': 'bench',
});

let streamsAsked = 0;
const newStream = () => (streamsAsked += 1);

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** What came of the streams, over all: {streams, deltas, lost, broken}. */
function tally(answers, deltas) {
  return {
    streams: answers.length,
    deltas: answers.length * deltas,
    lost: sum(answers.map(({ lost }) => lost)),
    broken: answers.filter(({ whole }) => !whole).length,
  };
}

async function openClients(address, count, path) {
  const clients = [];
  while (clients.length < count) {
    const together = Math.min(OPENED_TOGETHER, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: together }, () => StreamClient.open(address, path)))));
  }
  return clients;
}

async function mix(pid, clients, accounts, { rounds, deltas }) {
  const before = cpuUs(pid);
  const answers = [];
  await Promise.all(
    clients.map(async (client, at) => {
      await delay((at * EVERY_MS) / clients.length);
      for (let round = 0; round < rounds; round += 1) {
        const cue = { stream: newStream(), deltas, everyMs: EVERY_MS };
        answers.push(await client.ask(cue, accounts[at].token));
      }
    }),
  );
  const spentUs = cpuUs(pid) - before;
  return { ...tally(answers, deltas), spentUs, reads: sum(answers.map(({ reads }) => reads)) };
}

/** CPU of one request and of one delta, where two mixes of both were paid for. */
function costs(short, long) {
  const determinant = short.streams * long.deltas - long.streams * short.deltas;
  return {
    requestUs: (short.spentUs * long.deltas - long.spentUs * short.deltas) / determinant,
    deltaUs: (short.streams * long.spentUs - long.streams * short.spentUs) / determinant,
  };
}

/** Streams at `address`, side by side, and what they cost process `pid`. */
async function sideBySide({ address, pid }, accounts, path) {
  const clients = await openClients(address, AT_ONCE, path);
  const warmUp = await mix(pid, clients, accounts, WARM_UP);
  const short = await mix(pid, clients, accounts, SHORT);
  const long = await mix(pid, clients, accounts, LONG);
  for (const client of clients) client.destroy();
  const all = (name) => warmUp[name] + short[name] + long[name];
  return {
    atOnce: AT_ONCE,
    ...costs(short, long),
    streams: all('streams'),
    deltas: all('deltas'),
    lost: all('lost'),
    broken: all('broken'),
    deltasPerRead: long.deltas / long.reads,
  };
}

/** The yardstick: the same streams through nginx, which passes them on unread. */
export function nginxStreams(nginx, { accounts }) {
  return sideBySide(nginx, accounts, STREAMS_PATH);
}

/** Streams through Parley: their price, and the latency that it adds to the first delta. */
export function streams(folder, { accounts }, model) {
  return during({ folder, settings: settingsFor(model) }, async (server) => {
    const latency = await firstDeltaLatency(server, model, accounts[0].token);
    const figures = await sideBySide(server, accounts);
    return { latency, ...figures, answered: latency.asked + figures.streams - figures.broken };
  });
}

/** Streams held open: memory of each while all are open, less the idle server's. */
export function heldOpen(folder, { accounts }, model) {
  return during({ folder, settings: settingsFor(model) }, async (server) => {
    await delay(500);
    const idleMb = residentMb(server.pid);
    const clients = await openClients(server.address, HELD_OPEN);
    let open = 0;
    let openAtMost = 0;
    const residentWhileAllOpen = [];
    const looking = setInterval(() => {
      openAtMost = Math.max(openAtMost, open);
      if (open === HELD_OPEN) residentWhileAllOpen.push(residentMb(server.pid));
    }, LOOK_EVERY_MS);
    const answers = await Promise.all(
      clients.map(async (client, at) => {
        // Spread, so that the deltas of all don't come at the same moment.
        await delay((at * HELD_OPEN_EVERY_MS) / HELD_OPEN);
        const cue = { stream: newStream(), deltas: HELD_OPEN_DELTAS, everyMs: HELD_OPEN_EVERY_MS };
        const answer = await client.ask(cue, accounts[at].token, () => (open += 1));
        open -= 1;
        return answer;
      }),
    );
    clearInterval(looking);
    for (const client of clients) client.destroy();
    const told = tally(answers, HELD_OPEN_DELTAS);
    // Where they were never all open at once nothing was measured, and the budget must not look met.
    const heldMb = residentWhileAllOpen.length > 0 ? Math.max(...residentWhileAllOpen) : Number.NaN;
    return {
      ...told,
      atOnce: openAtMost,
      deltasPerRead: told.deltas / sum(answers.map(({ reads }) => reads)),
      idleMb,
      residentMb: heldMb,
      streamKb: ((heldMb - idleMb) * 1000) / HELD_OPEN,
      answered: told.streams - told.broken,
    };
  });
}
