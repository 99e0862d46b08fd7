// One raw HTTP/1.1 connection: sends exactly the bytes it is given and keeps exactly the bytes that came back.
//
// Tests of framing and of "byte for byte" can't go through a client library, which would tidy what it sends and what it
// shows. response() reads bodies with Content-Length; what comes in chunks is read with head() and chunk(). Answers to
// requests that encode() made are held against the document of the API; to other bytes the server may say anything.

import net from 'node:net';

import { judgeOf } from './contract.mjs';

export const WAIT_MS_MAX = 20_000;

export class ConnectionLost extends Error {}

/** The method and target of bytes that encode() made. */
const encoded = new WeakMap();

export class Response {
  /** `judge`: of the answer, where its request is known. */
  constructor(head, body, judge) {
    this.head = head;
    this.body = body;
    this.judge = judge;
    const [statusLine, ...lines] = head.split('\r\n');
    const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine);
    if (!match) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
    this.status = Number(match[1]);
    this.headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
  }

  /** The value of the one header of this name; undefined without it. A doubled header is an error. */
  header(name) {
    const values = this.headers.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value);
    if (values.length > 1) throw new Error(`${name} came ${values.length} times`);
    return values[0];
  }

  get text() {
    return this.body.toString('utf8');
  }

  json() {
    return JSON.parse(this.text);
  }
}

export class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #failure = null;
  #wake = () => {};
  /** Of the requests that are not answered yet; nothing from raw bytes on. */
  #judges = [];

  static open({ host, port }) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, noDelay: true });
      socket.once('error', (error) => reject(new ConnectionLost(error.message)));
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        resolve(new Connection(socket));
      });
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#failure = error;
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /** Its answers are not held against openapi.json: another server gives them, or they are measured. */
  unjudged() {
    this.#judges = null;
    return this;
  }

  get usable() {
    return !this.#ended && this.#received.length === 0;
  }

  write(bytes) {
    const request = encoded.get(bytes);
    if (request === undefined) this.#judges = null;
    this.#judges?.push(judgeOf(request.method, request.target));
    this.#socket.write(bytes);
  }

  /** Says that nothing more will be sent, as `shutdown(SHUT_WR)` does. */
  finish() {
    this.#socket.end();
  }

  destroy() {
    this.#socket.destroy();
  }

  /** Closes as a process that died with unread bytes does: the server gets RST instead of FIN. */
  reset() {
    this.#socket.resetAndDestroy();
  }

  /** Stops reading, so that what the server sends piles up on its way here. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  get localPort() {
    return this.#socket.localPort;
  }

  async #until(ready, what) {
    const deadline = setTimeout(
      () => this.#socket.destroy(new Error(`no ${what} within ${WAIT_MS_MAX} ms`)),
      WAIT_MS_MAX,
    );
    try {
      for (;;) {
        const value = ready();
        if (value !== undefined) return value;
        if (this.#ended) throw new ConnectionLost(this.#failure?.message ?? `closed before ${what}`);
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  #take(length) {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #takeUntil(mark, what) {
    const end = await this.#until(() => {
      const at = this.#received.indexOf(mark);
      return at < 0 ? undefined : at;
    }, what);
    return this.#take(end + mark.length)
      .subarray(0, end)
      .toString('latin1');
  }

  async #takeBytes(length, what) {
    await this.#until(() => (this.#received.length >= length ? true : undefined), what);
    return Buffer.from(this.#take(length));
  }

  /** The head of the next response; its body is still to be read. */
  async head() {
    const head = new Response(await this.#takeUntil('\r\n\r\n', 'a response'), Buffer.alloc(0));
    if (head.status < 200) return head;
    head.judge = this.#judges?.shift();
    const names = head.headers.map(([name]) => name);
    head.judge?.head({ status: head.status, names, header: (name) => head.header(name) });
    return head;
  }

  /** The next response, an interim one (1xx) included. `bodiless`: the request was a HEAD. */
  async response({ bodiless = false } = {}) {
    const head = await this.head();
    return bodiless ? head : this.wholeOf(head);
  }

  /** The response whose head was read, with its body. */
  async wholeOf(head) {
    const length = Number(head.header('content-length') ?? 0);
    if (head.status < 200) return head;
    const body = length === 0 ? head.body : await this.#takeBytes(length, 'a whole body');
    const whole = new Response(head.head, body, head.judge);
    whole.judge?.body(whole.text);
    return whole;
  }

  /** The next chunk of a chunked body; null after the last one. Strict: no extensions, no trailers. */
  async chunk() {
    const size = await this.#takeUntil('\r\n', 'a chunk');
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw new Error(`not the size of a chunk: ${JSON.stringify(size)}`);
    const length = parseInt(size, 16);
    const bytes = await this.#takeBytes(length + 2, 'a whole chunk');
    if (bytes.toString('latin1', length) !== '\r\n') throw new Error('a chunk is longer than it says');
    return length === 0 ? null : bytes.subarray(0, length);
  }

  /** Waits until the server has closed; returns what it sent besides the responses already taken. */
  async closed() {
    await this.#until(() => (this.#ended ? true : undefined), 'a close');
    return this.#received;
  }

  async request(method, path, { headers = {}, body } = {}) {
    this.write(encode(method, path, { headers, body }));
    return this.response({ bodiless: method === 'HEAD' });
  }
}

/** The bytes of one request; `body` is a string or a Buffer. */
export function encode(method, path, { headers = {}, body } = {}) {
  const content = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const lines = [`${method} ${path} HTTP/1.1`];
  const all = { Host: 'localhost', ...headers };
  if (body !== undefined && !('Content-Length' in all)) all['Content-Length'] = content.length;
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) lines.push(`${name}: ${value}`);
  }
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
  encoded.set(bytes, { method, target: path });
  return bytes;
}
