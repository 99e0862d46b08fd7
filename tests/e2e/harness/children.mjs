// Processes that a test started: none of them outlives it, however it ends.

import { spawn } from 'node:child_process';

const running = new Set();

function killAll() {
  for (const child of running) child.kill('SIGKILL');
}
process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    killAll();
    process.exit(1);
  });
}

const RUN_MS_MAX = 60_000;

/** A process with its outputs gathered as text in `.stdoutText` and `.stderrText`, and `.ended`: {code, signal}. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  running.add(child);
  child.stdoutText = '';
  child.stderrText = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (child.stdoutText += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (child.stderrText += text));
  child.stdin.on('error', () => {}); // it may end without reading
  child.ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  child.ended.catch(() => {}).finally(() => running.delete(child));
  return child;
}

/** Runs a command to its end: {code, signal, stdout, stderr}. */
export async function run(command, args, { input = '', ...options } = {}) {
  const child = start(command, args, options);
  child.stdin.end(input);
  const limit = setTimeout(() => child.kill('SIGKILL'), RUN_MS_MAX);
  try {
    const { code, signal } = await child.ended;
    return { code, signal, stdout: child.stdoutText, stderr: child.stderrText };
  } finally {
    clearTimeout(limit);
  }
}

/** Resolves with true when the child has ended within the time, else with false. */
export async function endsWithin(child, time_ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(false), time_ms);
  });
  const inTime = await Promise.race([child.ended.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
