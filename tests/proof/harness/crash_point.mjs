// A server that dies at a named point: in the middle of one of its calls to write or sync a file.

import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../../e2e/harness/children.mjs';
import { temporaryFolder } from '../../e2e/harness/server.mjs';

const SOURCE = fileURLToPath(new URL('../preload/crash_point.c', import.meta.url));

let library;

/** The library's path; compiled once for this process. */
async function compiled() {
  const file = path.join(temporaryFolder(), 'crash_point.so');
  const { code, stderr } = await run('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-o', file, SOURCE]);
  assert.equal(code, 0, stderr);
  return file;
}

/**
 * The environment with which a server dies at the call number `at`, from 1, of these `calls` ('write', 'sync', 'any')
 * on these `files` (a pattern of their names), `when` it is 'before', 'after' or 'torn'.
 */
export async function dyingAt({ files, calls, at, when }) {
  library ??= compiled();
  const sanitizer = process.env.ASAN_OPTIONS;
  return {
    LD_PRELOAD: await library,
    // AddressSanitizer wants to be the first library.
    ASAN_OPTIONS: `${sanitizer ? `${sanitizer}:` : ''}verify_asan_link_order=0`,
    CRASH_POINT_FILES: files,
    CRASH_POINT_CALLS: calls,
    CRASH_POINT_AT: String(at),
    CRASH_POINT_WHEN: when,
  };
}

const deathsIn = (log) => log.split('crash point reached\n').length - 1;

/** Runs `action` with a server, not started yet, that dies at the point; true where it did, false where it did not. */
export async function withPoint(server, point, action) {
  const before = deathsIn(server.log);
  server.environment = await dyingAt(point);
  try {
    await action();
  } finally {
    server.environment = {};
  }
  return deathsIn(server.log) > before;
}
