// A server that crashes leaves no core file: its memory has passwords, tokens, keys and messages.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { start } from '../../e2e/harness/children.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { BINARY, cleanEnvironment, temporaryFolder } from '../../e2e/harness/server.mjs';

// ASan would keep cores away by itself, and end the process without a signal.
const SANITIZERS = 'disable_coredump=0:handle_segv=0:handle_abort=0:detect_leaks=0';

/** Starts a program in a folder of its own, from a shell that allows cores of any size. */
function startIn(folder, program, args) {
  const ASAN_OPTIONS = [process.env.ASAN_OPTIONS, SANITIZERS].filter(Boolean).join(':');
  const shell = ['-c', 'ulimit -c "$(ulimit -H -c)" && exec "$0" "$@"', program, ...args];
  return start('bash', shell, { cwd: folder, env: cleanEnvironment({ ASAN_OPTIONS }) });
}

async function startServer(t, folder) {
  const flags = ['--data', temporaryFolder(), '--listen', '127.0.0.1:0', '--engine', 'offline'];
  const child = startIn(folder, BINARY, ['serve', ...flags]);
  t.after(() => child.kill('SIGKILL'));
  await eventually('the server to listen', () => /^ *listening +http/m.test(child.stdoutText));
  return child;
}

const filesIn = (folder) => readdirSync(folder);

/** Whether a process that forbids nothing leaves its core in the folder that it runs in. */
async function coresAreLeftHere(signal) {
  const folder = temporaryFolder();
  const child = startIn(folder, 'sleep', ['60']);
  await eventually('sleep to run', () => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n');
  child.kill(signal);
  assert.equal((await child.ended).signal, signal);
  return filesIn(folder).length > 0;
}

describe('a server that crashes', () => {
  for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGQUIT']) {
    it(`by ${signal} leaves no core`, async (t) => {
      const comparable = await coresAreLeftHere(signal);
      t.diagnostic(comparable ? 'sleep leaves a core here' : 'nothing leaves a core here: the limit alone is checked');
      const folder = temporaryFolder();
      const child = await startServer(t, folder);
      const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8');
      child.kill(signal);
      assert.equal((await child.ended).signal, signal);
      assert.deepEqual(filesIn(folder), []);
      assert.match(limits, /^Max core file size +0 +0 /m);
    });
  }
});
