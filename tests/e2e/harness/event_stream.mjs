// A streamed answer as a client reads it: event by event, over a raw connection that it may leave at any moment.

import assert from 'node:assert/strict';

import { encode } from './connection.mjs';

/** The two ways to ask for one, and what each makes of an answer. */
export const CHAT = {
  path: '/api/chat/',
  fields: (question) => ({ message: question, stream: true }),
  text: ({ type, data }) => (type === 'delta' ? JSON.parse(data).text : ''),
  isError: ({ type }) => type === 'error',
  isLast: ({ type }) => type === 'done',
};

export const COMPLETIONS = {
  path: '/v1/chat/completions',
  fields: (question) => ({ model: 'scripted', messages: [{ role: 'user', content: question }], stream: true }),
  isError: ({ data }) => data.startsWith('{"error"'),
  isLast: ({ data }) => data === '[DONE]',
};

export class EventStream {
  #text = '';
  #over = false;
  connection;
  response;

  /** Asks, and does not wait for the answer. A given `connection` is used and otherwise a new one. */
  static async ask(server, { path, fields }, question, { token, more = {}, headers = {}, connection } = {}) {
    const stream = new EventStream();
    stream.connection = connection ?? (await server.connect());
    const body = JSON.stringify({ ...fields(question), ...more });
    const all = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, ...headers };
    stream.connection.write(encode('POST', path, { headers: all, body }));
    return stream;
  }

  /** The same, up to the head of the stream; fails where the answer is none. */
  static async open(...asked) {
    const stream = await EventStream.ask(...asked);
    const response = await stream.head();
    assert.equal(response.status, 200, response.text);
    return stream;
  }

  get isStream() {
    return this.response.header('content-type') === 'text/event-stream';
  }

  /** The head of the answer; with its body where it is an ordinary response. */
  async head() {
    this.response ??= await this.connection.head();
    if (!this.isStream) this.response = await this.connection.wholeOf(this.response);
    return this.response;
  }

  /** The next event, {type, data}, or comment, {comment}; null after the proper end of the stream. */
  async next() {
    await this.head();
    assert.ok(this.isStream, this.response.text);
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      const line = this.#text.indexOf('\n');
      if (this.#text.startsWith(':') && line >= 0) return { comment: this.#cutOff(line, end === line ? 2 : 1) };
      if (end >= 0) {
        const event = parseEvent(this.#cutOff(end, 2));
        this.response.judge?.event(event);
        return event;
      }
      assert.ok(!this.#over || this.#text === '', `an event without end: ${JSON.stringify(this.#text)}`);
      if (this.#over) return null;
      const bytes = await this.connection.chunk();
      // Each chunk has whole events, so that no character is split.
      if (bytes === null) this.#over = true;
      else this.#text += bytes.toString('utf8');
    }
  }

  #cutOff(end, mark) {
    const cut = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + mark);
    return cut;
  }

  /** So many events. */
  async take(count) {
    const events = [];
    while (events.length < count) {
      const event = await this.next();
      assert.ok(event, `the stream ended after ${events.length} of ${count} events`);
      events.push(event);
    }
    return events;
  }

  /** All events that are left, up to the proper end of the stream. */
  async rest() {
    const events = [];
    for (let event = await this.next(); event !== null; event = await this.next()) events.push(event);
    return events;
  }

  /** Leaves by 'FIN' or by 'RST'. */
  leave(how) {
    if (how === 'RST') this.connection.reset();
    else this.connection.finish();
  }
}

function parseEvent(text) {
  let type;
  const data = [];
  for (const line of text.split('\n')) {
    const [, name, value] = /^(event|data): (.*)$/s.exec(line) ?? assert.fail(`not a line of an event: ${line}`);
    if (name === 'data') data.push(value);
    else type = value;
  }
  return { type, data: data.join('\n') };
}
