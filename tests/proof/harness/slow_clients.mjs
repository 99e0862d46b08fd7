// slowhttptest: many clients that keep connections busy with next to nothing, in each of the ways there are.

import { readFileSync } from 'node:fs';

import { endsWithin, start } from '../../e2e/harness/children.mjs';

const STOP_MS_MAX = 10_000;
/** Descriptors of the server that are not slow connections. */
const SPARE_DESCRIPTORS = 300;

/** What each of them does; slowhttptest(1). */
export const WAYS = {
  'slow headers': ['-H', '-i', '3', '-u', '/healthz'],
  'slow bodies': ['-B', '-i', '3', '-s', '8192', '-x', '10', '-u', '/api/login/'],
  'slow readers': ['-X', '-k', '10', '-w', '10', '-y', '20', '-n', '5', '-z', '32', '-u', '/openapi.json'],
};

/** How many connections of each way the descriptors of this process, which its children inherit, allow. */
export function connectionsOfEach(wanted) {
  const limit = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))[1]);
  return Math.min(wanted, Math.floor((limit - SPARE_DESCRIPTORS) / Object.keys(WAYS).length));
}

export class SlowClients {
  /** `count` connections to the server, opened within a second or so, which go on for `seconds` at most. */
  constructor(server, way, count, seconds) {
    const options = WAYS[way].slice(0, -1);
    const url = `http://${server.address.host}:${server.address.port}${WAYS[way].at(-1)}`;
    const load = ['-c', String(count), '-r', String(count), '-l', String(seconds), '-v', '1'];
    this.child = start('slowhttptest', [...load, ...options, url]);
    this.child.stdin.end();
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until it ends by itself; returns why it did. */
  async ended(time_ms) {
    if (!(await endsWithin(this.child, time_ms))) return 'not at all';
    return /Exit status:[^A-Z]*([A-Z][^\n\x1b]*)/.exec(this.child.stdoutText)?.[1] ?? this.child.stdoutText;
  }

  async stop() {
    this.child.kill('SIGTERM');
    if (!(await endsWithin(this.child, STOP_MS_MAX))) this.child.kill('SIGKILL');
    await this.child.ended;
  }
}
