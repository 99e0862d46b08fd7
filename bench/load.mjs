// One run of wrk, and what it cost the process that answered.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { start } from '../tests/e2e/harness/children.mjs';
import { delay, eventually } from '../tests/e2e/harness/eventually.mjs';
import { cpuUs, forgetPeak, peakMb } from './figures.mjs';

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'load.lua');
const TIMEOUT_S = 10;

/** Bodies in a file, as load.lua reads them; `tokens`: those that go into the header of each. */
export function writeBodies(folder, name, bodies, tokens) {
  const file = path.join(folder, name);
  const lines = bodies.map((body, at) => `${tokens ? `${tokens[at]}\t` : ''}${JSON.stringify(body)}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

/**
 * Sends `bodies` in rotation from `connections` for `seconds`. `delayMs`: mean pause of each connection between two
 * requests. `drainMs`: that much of the end is not counted, so that whatever was asked is answered before wrk leaves.
 *
 * Returns {perSecond, ok, refused, lost, p50Us, p99Us, cpuUs (per request of process `pid`), peakMb}.
 */
export async function load({ address, target, bodies, connections, seconds, delayMs = 0, drainMs = 0, pid }) {
  forgetPeak(pid);
  const wrk = start(
    'wrk',
    [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      `--timeout=${TIMEOUT_S}s`,
      '-s',
      SCRIPT,
      `http://${address.host}:${address.port}`,
    ],
    {
      env: {
        ...process.env,
        BENCH_PATH: target,
        BENCH_BODIES: bodies,
        BENCH_SECONDS: String(seconds),
        BENCH_DELAY_MS: String(delayMs),
        BENCH_DRAIN_MS: String(drainMs),
      },
    },
  );
  let running = true;
  wrk.ended.then(
    () => (running = false),
    () => (running = false),
  );
  await eventually('wrk', () => wrk.stderrText.includes('begun') || !running);
  const cpuBeforeUs = cpuUs(pid);
  if (drainMs > 0) await Promise.race([delay(seconds * 1000 - drainMs), wrk.ended]);
  else await wrk.ended;
  const spentUs = cpuUs(pid) - cpuBeforeUs;
  const { code } = await wrk.ended;
  const figures = wrk.stdoutText.split('\n').find((line) => line.startsWith('{'));
  if (code !== 0 || !figures) throw new Error(`wrk failed with ${code}: ${wrk.stdoutText}${wrk.stderrText}`);
  const result = JSON.parse(figures);
  const asked = drainMs > 0 ? result.asked : result.answered;
  return {
    perSecond: asked / (drainMs > 0 ? seconds - drainMs / 1000 : result.seconds),
    ok: asked - result.refused - result.lost,
    refused: result.refused,
    lost: result.lost,
    p50Us: result.p50_us,
    p99Us: result.p99_us,
    cpuUs: spentUs / asked,
    peakMb: peakMb(pid),
  };
}
