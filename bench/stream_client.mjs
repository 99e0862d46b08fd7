// One connection that asks for streamed completions, and counts and reads every delta of their answers.
//
// Written on a bare socket: what it costs to read thousands of streams must not slow the server that is measured.

import net from 'node:net';

import { answerText, questionOf } from './cue.mjs';

const SILENCE_MS_MAX = 20_000;
const COMPLETIONS_PATH = '/v1/chat/completions';

export const nowUs = () => Number(process.hrtime.bigint()) / 1000;

function requestFor(path, cue, token) {
  const messages = [{ role: 'user', content: questionOf(cue) }];
  const body = JSON.stringify({ model: 'bench', stream: true, messages });
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `Authorization: Bearer ${token}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** What has come of one answer. */
class Answer {
  text = '';
  deltas = 0;
  done = false;
  firstUs = undefined; // when the first delta came
  reads = 0; // of the socket, with a delta in them
  #events = '';

  take(text) {
    const before = this.deltas;
    const events = (this.#events + text).split('\n\n');
    this.#events = events.pop();
    for (const each of events) this.#takeEvent(each);
    return this.deltas > before;
  }

  #takeEvent(text) {
    if (!text.startsWith('data: ')) return; // a comment that keeps the connection alive
    const data = text.slice('data: '.length);
    if (data === '[DONE]') {
      this.done = true;
      return;
    }
    const content = JSON.parse(data).choices?.[0]?.delta?.content;
    if (!content) return;
    this.firstUs ??= nowUs();
    this.text += content;
    this.deltas += 1;
  }
}

export class StreamClient {
  #socket;
  #path;
  #received = '';
  #inBody = false;
  #answer;
  #ended;
  #heard;
  #gone = false;

  static open({ host, port }, path = COMPLETIONS_PATH) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new StreamClient(socket, path));
      });
    });
  }

  constructor(socket, path) {
    this.#socket = socket;
    this.#path = path;
    socket.setEncoding('latin1').on('data', (text) => this.#read(text));
    socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#gone = true;
      this.#ended?.();
    });
  }

  destroy() {
    this.#socket.destroy();
  }

  /** One stream, to its end: {lost (deltas), whole (it ended well, with the right text), firstUs, reads}. */
  async ask(cue, token, heard = () => {}) {
    this.#answer = new Answer();
    this.#heard = heard;
    const begunUs = nowUs();
    if (!this.#gone) {
      const ended = new Promise((resolve) => (this.#ended = resolve));
      this.#socket.write(requestFor(this.#path, cue, token), 'latin1');
      await ended;
    }
    const { text, deltas, done, firstUs, reads } = this.#answer;
    return {
      lost: Math.max(0, cue.deltas - deltas),
      whole: done && deltas === cue.deltas && text === answerText(cue),
      firstUs: firstUs - begunUs,
      reads,
    };
  }

  #read(text) {
    this.#received += text;
    if (!this.#inBody && !this.#takeHead()) return;
    const none = this.#answer.deltas === 0;
    let gotDelta = false;
    for (;;) {
      const lineEnd = this.#received.indexOf('\r\n');
      if (lineEnd < 0) break;
      const size = Number.parseInt(this.#received, 16);
      const end = lineEnd + 2 + size + 2;
      if (this.#received.length < end) break;
      gotDelta = this.#answer.take(this.#received.slice(lineEnd + 2, end - 2)) || gotDelta;
      this.#received = this.#received.slice(end);
      if (size > 0) continue;
      this.#inBody = false;
      this.#ended();
      break;
    }
    if (gotDelta) this.#answer.reads += 1;
    if (gotDelta && none) this.#heard();
  }

  /** Whether a body follows; whatever is no stream is given up, and counts as lost. */
  #takeHead() {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return false;
    const head = this.#received.slice(0, headEnd);
    if (!head.startsWith('HTTP/1.1 200 ') || !/\r\ntransfer-encoding: chunked/i.test(head)) {
      this.#socket.destroy();
      return false;
    }
    this.#received = this.#received.slice(headEnd + 4);
    this.#inBody = true;
    return true;
  }
}
