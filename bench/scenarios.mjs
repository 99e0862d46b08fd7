// What is measured: each scenario starts what it needs, loads it, stops it, and gives its figures.

import path from 'node:path';

import { run } from '../tests/e2e/harness/children.mjs';
import { Connection } from '../tests/e2e/harness/connection.mjs';
import { delay } from '../tests/e2e/harness/eventually.mjs';
import { figure } from '../tests/e2e/harness/figures.mjs';
import { Server } from '../tests/e2e/harness/server.mjs';
import { makeAccounts } from './accounts.mjs';
import { wholeLatency } from './added_latency.mjs';
import { fsyncsIn, residentMb } from './figures.mjs';
import { load, writeBodies } from './load.mjs';
import { loneChats } from './lone.mjs';

export const ACCOUNTS = 10_000;
const IDLE_CONNECTIONS = 10_000;
const SECONDS = 4;
const DRAIN_MS = 200;
const DISK_DRAIN_MS = 600;
const LOGIN_ACCOUNTS = 64;
const MESSAGE = 'Hello, how are you?';

export const SETTINGS = { 'starting-balance': 1_000_000_000, 'account-requests': 100_000 };
const DEFAULT_HASHING = { ...SETTINGS, 'password-memory-kib': undefined };

/** A server for the time of `use`; ended well after it. */
export async function during(options, use) {
  const server = new Server(options);
  try {
    await server.start();
    return await use(server);
  } finally {
    await server.finish();
  }
}

/** What `verify` makes of a folder, next to how many chats were answered with 200. */
export async function audit(name, folder, answered) {
  const { code, stdout } = await new Server({ folder }).verify();
  return {
    folder: name,
    answered,
    turns: figure(stdout, 'turns'),
    charges: figure(stdout, 'charges'),
    sound: code === 0,
  };
}

export function nginxLoad(nginx, bodies) {
  return load({
    address: nginx.address,
    target: '/api/balance/',
    bodies,
    connections: 64,
    seconds: SECONDS,
    pid: nginx.pid,
  });
}

/** Makes the accounts that every other scenario uses, and their bodies for wrk. */
export async function prepare(folder, scratch) {
  return during({ folder, settings: SETTINGS }, async (server) => {
    const accounts = await makeAccounts(server, 'bench-', ACCOUNTS);
    const chats = accounts.map(({ token }) => ({ token, message: MESSAGE }));
    const completion = { model: 'bench', messages: [{ role: 'user', content: MESSAGE }] };
    return {
      accounts,
      completion: writeBodies(
        scratch,
        'completions',
        accounts.map(() => completion),
        accounts.map(({ token }) => token),
      ),
      chat: writeBodies(scratch, 'chats', chats),
      hot: writeBodies(scratch, 'hot', chats.slice(0, 1)),
      balance: writeBodies(
        scratch,
        'balances',
        accounts.map(({ token }) => ({ token })),
      ),
    };
  });
}

const chatLoad = (server, bodies, connections, more = {}) =>
  load({
    address: server.address,
    target: '/api/chat/',
    bodies,
    connections,
    seconds: SECONDS,
    drainMs: DRAIN_MS,
    pid: server.pid,
    ...more,
  });

/** Balance and chats with the offline engine, the folder in memory. */
export function inMemory(folder, bodies) {
  return during({ folder, settings: SETTINGS }, async (server) => ({
    balance64: await load({
      address: server.address,
      target: '/api/balance/',
      bodies: bodies.balance,
      connections: 64,
      seconds: SECONDS,
      pid: server.pid,
    }),
    chat1: await chatLoad(server, bodies.chat, 1),
    chat64: await chatLoad(server, bodies.chat, 64),
    chat256: await chatLoad(server, bodies.chat, 256),
    hot256: await chatLoad(server, bodies.hot, 256),
  }));
}

/** Chats and whole completions whose answers come from a model server that costs next to nothing. */
export function relay(folder, bodies, nginx) {
  const settings = { ...SETTINGS, engine: 'openai', 'openai-base-url': `${nginx.url}/v1`, 'openai-model': 'bench' };
  return during({ folder, settings }, async (server) => ({
    latency: await wholeLatency(server, nginx, bodies.accounts[0].token),
    chat64: await chatLoad(server, bodies.chat, 64),
    completion64: await chatLoad(server, bodies.completion, 64, { target: '/v1/chat/completions' }),
  }));
}

/** Logins at their real price; and chats at a quarter of their most, with and without ten times too many logins. */
export function logins(folder, scratch, bodies, chatsPerSecond) {
  return during({ folder, settings: DEFAULT_HASHING }, async (server) => {
    const people = await makeAccounts(server, 'login-', LOGIN_ACCOUNTS);
    const login = writeBodies(
      scratch,
      'logins',
      people.map(({ username, password }) => ({ username, password })),
    );
    const loginLoad = (connections, more) =>
      load({
        address: server.address,
        target: '/api/login/',
        bodies: login,
        connections,
        seconds: SECONDS,
        pid: server.pid,
        ...more,
      });
    const login8 = await loginLoad(8);

    const connections = 64;
    const quarterMs = Math.max(1, Math.round((connections * 1000) / (chatsPerSecond / 4)));
    const quarter = () => chatLoad(server, bodies.chat, connections, { delayMs: quarterMs });
    const floodMs = Math.max(1, Math.round((connections * 1000) / (login8.perSecond * 10)));
    const flood = () => loginLoad(connections, { delayMs: floodMs, seconds: SECONDS + 1 });
    const calm = [];
    const flooded = [];
    for (let round = 0; round < 2; round += 1) {
      calm.push(await quarter());
      const flooding = flood();
      await delay(300);
      flooded.push(await quarter());
      await flooding;
    }
    return { login8, calm, flooded };
  });
}

/** Chats on a real disk, its flushes counted, then one chat at a time. */
export async function onDisk(folder, scratch, bodies) {
  const library = path.join(scratch, 'fsync_counter.so');
  const source = path.join(path.dirname(new URL(import.meta.url).pathname), 'fsync_counter.c');
  const compiled = await run('gcc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl']);
  if (compiled.code !== 0) throw new Error(compiled.stderr);
  const count = path.join(scratch, 'fsyncs');
  const environment = { LD_PRELOAD: library, PARLEY_BENCH_FSYNCS: count };
  return during({ folder, settings: SETTINGS, environment }, async (server) => {
    const before = fsyncsIn(count);
    const disk256 = await chatLoad(server, bodies.chat, 256, { drainMs: DISK_DRAIN_MS });
    disk256.fsyncsPerThousand = (1000 * (fsyncsIn(count) - before)) / disk256.ok;
    return { disk256, lone: await loneChats(server, bodies.accounts[0].token, folder) };
  });
}

/** Memory of a server that nobody uses, and of one with many idle connections, each of which has asked once. */
export function memory() {
  return during({ settings: { 'connections-max': IDLE_CONNECTIONS + 100 } }, async (server) => {
    await delay(500);
    const idleMb = residentMb(server.pid);
    const connections = [];
    for (let opened = 0; opened < IDLE_CONNECTIONS; opened += 100) {
      const some = await Promise.all(Array.from({ length: 100 }, () => Connection.open(server.address)));
      await Promise.all(some.map((connection) => connection.request('GET', '/healthz')));
      connections.push(...some);
    }
    await delay(500);
    const connectionsMb = residentMb(server.pid);
    for (const connection of connections) connection.destroy();
    return { idleMb, connectionsMb, connections: IDLE_CONNECTIONS };
  });
}
