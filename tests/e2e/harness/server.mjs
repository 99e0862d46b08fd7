// The real binary as a test sees it: on a folder of its own and a free port, started, asked, stopped, killed, and held
// to a clean end: no sanitizer report, no crash, nothing left running.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';

import { endsWithin, run, start } from './children.mjs';
import { Connection } from './connection.mjs';
import { eventually } from './eventually.mjs';

export const BINARY = process.env.PARLEY_BINARY ?? path.resolve('build/release/parley');

const STOP_MS_MAX = 30_000;
const CRASHES =
  /(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:|terminate called|Assertion .* fail|smashing/;

/** The settings of this machine's user must not reach the server under test. */
export function cleanEnvironment(extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PARLEY|OPENAI|ANTHROPIC)_|^NODE_/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

const folders = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new folder, removed when this process ends at the latest. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parley-e2e-'));
  folders.push(folder);
  return folder;
}

/** `parley <args>` to its end; fails on a crash, not on an exit code. */
export async function parley(args, { environment = {}, input = '', cwd } = {}) {
  const ended = await run(BINARY, args, { env: cleanEnvironment(environment), input, cwd: cwd ?? os.tmpdir() });
  assertNoCrash(ended.stderr);
  assert.equal(ended.signal, null, `parley ${args.join(' ')} was ended by ${ended.signal}: ${ended.stderr}`);
  return ended;
}

export function assertNoCrash(text) {
  const found = CRASHES.exec(text);
  if (found) assert.fail(`the server's output has a crash report:\n${text.slice(Math.max(0, found.index - 500))}`);
}

/** As flags; a hash below what is safe, since tests log in thousands of times. */
const TEST_SETTINGS = { listen: '127.0.0.1:0', engine: 'offline', 'password-memory-kib': 8 };

export class Server {
  #child = null;
  #idle = [];
  #log = '';

  /** `settings`: flags by name, undefined leaves one out. A given `folder` is the caller's to remove. */
  constructor({ settings = {}, environment = {}, args = [], folder } = {}) {
    this.settings = { ...TEST_SETTINGS, ...settings };
    this.environment = environment;
    this.args = args;
    this.ownsFolder = folder === undefined;
    this.folder = folder ?? temporaryFolder();
  }

  /** A server for one test; ended with it. */
  static async startFor(t, options) {
    const server = new Server(options);
    t.after(() => server.finish());
    await server.start();
    return server;
  }

  /** A server for the suite that is being described; started before its first test and ended after its last. */
  static forSuite(options) {
    const server = new Server(options);
    before(() => server.start());
    after(() => server.finish());
    return server;
  }

  get flags() {
    const set = Object.entries({ data: this.folder, ...this.settings }).filter(([, value]) => value !== undefined);
    return [...set.flatMap(([name, value]) => [`--${name}`, String(value)]), ...this.args];
  }

  get pid() {
    return this.#child.pid;
  }

  /** Everything that the server wrote so far, over all its starts. */
  get log() {
    return this.#log + (this.#child ? this.#child.stdoutText + this.#child.stderrText : '');
  }

  get stdout() {
    return this.#child.stdoutText;
  }

  /** Starts the binary and waits until it is ready. */
  async start() {
    this.#child = start(BINARY, ['serve', ...this.flags], {
      env: cleanEnvironment(this.environment),
      cwd: os.tmpdir(),
    });
    const child = this.#child;
    child.stdin.end();
    let ended = false;
    child.ended.then(
      () => (ended = true),
      () => (ended = true),
    );
    const listening = await eventually('the line that says where it listens', () => {
      const line = /^ *listening +http:\/\/(\S+):(\d+)/m.exec(child.stdoutText);
      if (!line && ended) assert.fail(`the server ended while starting:\n${child.stdoutText}${child.stderrText}`);
      return line;
    });
    this.address = { host: listening[1].replace(/^\[|\]$/g, ''), port: Number(listening[2]) };
    await eventually('readiness', async () => (await this.request('GET', '/readyz')).status === 200);
    return this;
  }

  connect() {
    return Connection.open(this.address);
  }

  /** One request on a kept-alive connection of its own; see `encode` for the options. */
  async request(method, target, options = {}) {
    let connection;
    do connection = this.#idle.pop();
    while (connection && !connection.usable);
    connection ??= await this.connect();
    const response = await connection.request(method, target, options);
    if (response.header('connection') === 'close') connection.destroy();
    else this.#idle.push(connection);
    return response;
  }

  /** POST of a JSON body; `token` goes into the Authorization header. */
  post(target, fields, { token, headers = {} } = {}) {
    const credential = token === undefined ? {} : { Authorization: `Token ${token}` };
    const body = typeof fields === 'string' ? fields : JSON.stringify(fields);
    return this.request('POST', target, {
      headers: { 'Content-Type': 'application/json', ...credential, ...headers },
      body,
    });
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Ends the server as an operator does; returns {code, signal}. */
  async terminate(signal = 'SIGTERM') {
    this.signal(signal);
    const child = this.#child;
    if (!(await endsWithin(child, STOP_MS_MAX))) {
      child.kill('SIGKILL');
      assert.fail(`the server did not end within ${STOP_MS_MAX} ms of ${signal}:\n${this.log.slice(-3000)}`);
    }
    return this.#gone();
  }

  /** Ends the server as a power cut of the process: kill -9. */
  async kill() {
    this.signal('SIGKILL');
    return this.#gone();
  }

  async #gone() {
    const end = await this.#child.ended;
    this.#log = this.log;
    this.#child = null;
    this.#idle.splice(0).forEach((connection) => connection.destroy());
    return end;
  }

  async verify() {
    return parley(['verify', '--data', this.folder]);
  }

  /** Ends whatever still runs, checks that it ended well, and removes the folder. */
  async finish() {
    try {
      if (this.#child) {
        const end = await this.terminate();
        assertNoCrash(this.log);
        assert.deepEqual(end, { code: 0, signal: null }, `the server did not end well:\n${this.log.slice(-3000)}`);
      }
      assertNoCrash(this.log);
    } finally {
      if (this.ownsFolder) rmSync(this.folder, { recursive: true, force: true });
    }
  }
}
