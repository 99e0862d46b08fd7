// Measures Parley against its budgets, as ratios within one run: prints tables, writes build/bench/latest.json, and
// ends with 1 where a chat or a delta was lost or a chat charged twice. A missed budget is printed, and fails the run
// with --strict.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ModelProcess } from './model_process.mjs';
import { Nginx } from './nginx.mjs';
import { budget, printAudits, printBudgets, printLatencies, printLoads, printStreams } from './report.mjs';
import { ACCOUNTS, audit, inMemory, logins, memory, nginxLoad, onDisk, prepare, relay } from './scenarios.mjs';
import { heldOpen, nginxStreams, streams } from './streams.mjs';

const MINUTES_MAX = 4;
const BUILD = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'build', 'bench');

const begun = Date.now();
const say = (what) => console.error(`[${((Date.now() - begun) / 1000).toFixed(0).padStart(3)} s] ${what}`);
/** Between the two runs of nginx; above this the machine had other work, and no ratio means much. */
const NOISE_MAX = 1.2;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function budgetsOf({ loads, streamed, calmP99Us, floodedP99Us, lone, memory: { idleMb, connectionsMb } }, unitUs) {
  const many = loads['chat, 256 at once'];
  return [
    budget('balance: CPU, × nginx', loads['balance, 64 at once'].cpuUs / unitUs, 4),
    budget('durable chat, 256 in flight, folder in memory: CPU, × nginx', many.cpuUs / unitUs, 12),
    budget(
      'fsyncs per 1,000 chats at 256 in flight, real disk',
      loads['chat on disk, 256 at once'].fsyncsPerThousand,
      20,
    ),
    budget(
      'one hot account: throughput, × many',
      loads['chat of one account, 256 at once'].perSecond / many.perSecond,
      0.9,
      {
        digits: 2,
        least: true,
      },
    ),
    budget('lone chat on disk: latency', lone.chatUs, 1.5 * lone.fsyncUs + 200, { unit: ' µs', digits: 0 }),
    budget('relay to an engine: CPU per request', loads['chat relayed, 64 at once'].cpuUs, 100, { unit: ' µs' }),
    budget('relay of a whole completion: CPU per request', loads['completion relayed, 64 at once'].cpuUs, 100, {
      unit: ' µs',
    }),
    budget('relay of a stream: CPU per delta', streamed['streams side by side'].deltaUs, 8, { unit: ' µs' }),
    budget('memory, idle', idleMb, 20, { unit: ' MB' }),
    budget('memory, 10,000 idle connections', connectionsMb, 60, { unit: ' MB' }),
    budget('memory, 10,000 open streams', (streamed['streams held open'].streamKb * 10_000) / 1000, 200, {
      unit: ' MB',
    }),
    budget('chat p99 under a flood of logins, × without', floodedP99Us / calmP99Us, 1.5, { digits: 2 }),
  ];
}

async function measure(folders, nginx, model) {
  say(`registering ${ACCOUNTS} accounts`);
  const bodies = await prepare(folders.memory, folders.scratch);
  for (const copy of [folders.relay, folders.streams, folders.heldOpen, folders.disk])
    cpSync(folders.memory, copy, { recursive: true });

  say('nginx');
  const nginxBefore = await nginxLoad(nginx, bodies.balance);
  say('balance and chats, folder in memory');
  const chats = await inMemory(folders.memory, bodies);
  say('relay');
  const relayed = await relay(folders.relay, bodies, nginx);
  say('streams side by side');
  const nginxSideBySide = await nginxStreams(nginx, bodies);
  const sideBySide = await streams(folders.streams, bodies, model);
  say('streams held open');
  const open = await heldOpen(folders.heldOpen, bodies, model);
  say('logins, and chats beside them');
  const { login8, calm, flooded } = await logins(folders.memory, folders.scratch, bodies, chats.chat256.perSecond);
  say('chats on disk');
  const { disk256, lone } = await onDisk(folders.disk, folders.scratch, bodies);
  say('memory');
  const memoryFigures = await memory();
  say('nginx again');
  const nginxAfter = await nginxLoad(nginx, bodies.balance);

  say('verifying every ledger');
  const inMemoryChats = [chats.chat1, chats.chat64, chats.chat256, chats.hot256, ...calm, ...flooded];
  const audits = [
    await audit(
      'chats in memory',
      folders.memory,
      inMemoryChats.reduce((sum, { ok }) => sum + ok, 0),
    ),
    await audit('chats relayed', folders.relay, relayed.chat64.ok + relayed.completion64.ok + relayed.latency.asked),
    await audit('streams side by side', folders.streams, sideBySide.answered),
    await audit('streams held open', folders.heldOpen, open.answered),
    await audit('chats on disk', folders.disk, disk256.ok + lone.chats),
  ];
  return {
    loads: {
      'nginx return 200': nginxBefore,
      'nginx return 200, again': nginxAfter,
      'balance, 64 at once': chats.balance64,
      'chat, 1 at a time': chats.chat1,
      'chat, 64 at once': chats.chat64,
      'chat, 256 at once': chats.chat256,
      'chat of one account, 256 at once': chats.hot256,
      'chat relayed, 64 at once': relayed.chat64,
      'completion relayed, 64 at once': relayed.completion64,
      'chat on disk, 256 at once': disk256,
      'login, 8 at once': login8,
      'chat at a quarter of its rate': calm[1],
      'the same in a flood of logins': { ...flooded[1], cpuUs: undefined }, // which logins share
    },
    latencies: { 'completion, whole': relayed.latency, 'completion, first delta': sideBySide.latency },
    streamed: {
      'nginx proxy_pass': nginxSideBySide,
      'streams side by side': sideBySide,
      'streams held open': open,
    },
    calmP99Us: mean(calm.map(({ p99Us }) => p99Us)),
    floodedP99Us: mean(flooded.map(({ p99Us }) => p99Us)),
    lone,
    memory: memoryFigures,
    audits,
  };
}

function print(results, unitUs, budgets) {
  console.log(`\n${os.cpus()[0].model}, ${os.cpus().length} cores, Linux ${os.release()}\n`);
  printLoads(results.loads, unitUs);
  printLatencies(results.latencies);
  const allArrived = printStreams(results.streamed, results.streamed['nginx proxy_pass'].deltaUs);
  const {
    lone,
    memory: { idleMb, connectionsMb, connections },
  } = results;
  console.log(
    `lone chat on disk ${lone.chatUs.toFixed(0)} µs, one flush of that disk ${lone.fsyncUs.toFixed(0)} µs (medians)`,
  );
  console.log(
    `memory: idle ${idleMb.toFixed(1)} MB, with ${connections} idle connections ${connectionsMb.toFixed(1)} MB`,
  );
  const open = results.streamed['streams held open'];
  console.log(
    `memory: idle ${open.idleMb.toFixed(1)} MB, with ${open.atOnce} open streams ${open.residentMb.toFixed(1)} MB: ` +
      `${open.streamKb.toFixed(1)} kB each\n`,
  );
  printBudgets(budgets);
  const yardsticks = [results.loads['nginx return 200'].cpuUs, results.loads['nginx return 200, again'].cpuUs];
  const noise = Math.max(...yardsticks) / Math.min(...yardsticks);
  if (noise > NOISE_MAX) {
    console.log(
      `NOISY: nginx cost ${noise.toFixed(2)} × as much in one run as in the other; measure on a quiet machine.\n`,
    );
  }
  return printAudits(results.audits) && allArrived;
}

const memoryRoot = mkdtempSync('/dev/shm/parley-bench-');
mkdirSync(BUILD, { recursive: true });
const diskRoot = mkdtempSync(path.join(BUILD, 'run-'));
process.on('exit', () => {
  for (const folder of [memoryRoot, diskRoot]) rmSync(folder, { recursive: true, force: true });
});
setTimeout(() => {
  console.error(`bench: not done after ${MINUTES_MAX} minutes; giving up`);
  process.exit(1);
}, MINUTES_MAX * 60_000).unref();

const model = await ModelProcess.start();
const nginx = await Nginx.start(path.join(memoryRoot, 'nginx'), model);
const results = await measure(
  {
    memory: path.join(memoryRoot, 'data'),
    relay: path.join(memoryRoot, 'relay'),
    streams: path.join(memoryRoot, 'streams'),
    heldOpen: path.join(memoryRoot, 'held-open'),
    scratch: memoryRoot,
    disk: path.join(diskRoot, 'data'),
  },
  nginx,
  model,
);
await nginx.stop();
await model.stop();
const unitUs = mean([results.loads['nginx return 200'].cpuUs, results.loads['nginx return 200, again'].cpuUs]);
const budgets = budgetsOf(results, unitUs);
const exact = print(results, unitUs, budgets);
const latest = path.join(BUILD, 'latest.json');
writeFileSync(
  latest,
  `${JSON.stringify({ date: new Date().toISOString(), nginxCpuUs: unitUs, budgets, ...results }, null, 2)}\n`,
);
console.log(`written to ${path.relative(process.cwd(), latest)}`);
const strictlyMissed = process.argv.includes('--strict') && budgets.some(({ met }) => !met);
process.exit(exact && !strictlyMissed ? 0 : 1);
