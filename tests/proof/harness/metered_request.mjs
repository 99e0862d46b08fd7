// One request of any of the four kinds as its client sees it, and what became of it on the account's books.

import assert from 'node:assert/strict';

import { eventually } from '../../e2e/harness/eventually.mjs';
import { CHAT, COMPLETIONS, EventStream } from '../../e2e/harness/event_stream.mjs';
import { eventsOf } from '../../e2e/harness/whole_answer.mjs';

const KINDS = {
  chat: { dialect: CHAT, streams: false },
  stream: { dialect: CHAT, streams: true },
  completion: { dialect: COMPLETIONS, streams: false },
  'completion stream': { dialect: COMPLETIONS, streams: true },
};

const INSIDE = /UPSTREAM-SECRET|127\.0\.0\.1|\.invalid|sk-test|curl/;

let asked = 0;

/** Of one length, so that what is counted by bytes is the same for all. */
export function newQuestion() {
  asked += 1;
  return `q${String(asked).padStart(7, '0')}`;
}

/** What was read of an answer; see readAnswer(). */
const answer = (fields) => ({ status: null, end: null, error: null, code: null, retryAfter: false, ...fields });

const OF_THE_SERVER = [408, 409];
const OPENAI_ERROR = ['message', 'type', 'param', 'code'];

/** Of a body, or of an event, in the one shape that the path has for it. */
function errorOf(json, { status, path }) {
  const [[name, value], ...others] = Object.entries(json);
  assert.deepEqual(others, []);
  if (typeof value === 'object') {
    assert.equal(`${name} ${Object.keys(value)}`, `error ${OPENAI_ERROR}`);
    assert.ok(path.startsWith('/v1/'), path);
    return { error: value.message, code: value.code };
  }
  assert.equal(name, OF_THE_SERVER.includes(status) ? 'detail' : 'error');
  // A head that never became whole has no path.
  assert.ok(!path.startsWith('/v1/') || status === 408, path);
  return { error: value, code: null };
}

const number = (text) => (text === undefined ? undefined : Number(text));

export class MeteredRequest {
  /** Of this person, who asks nothing else meanwhile. */
  constructor(server, person, kind) {
    Object.assign(this, { server, person, kind, ...KINDS[kind] });
    this.question = newQuestion();
    this.key = `key-${this.question}`;
  }

  /** The answer under /v1 is the engine's own, which openapi.json can't know where it is nonsense. */
  relaysNonsense = false;

  get path() {
    return this.dialect.path;
  }

  get fields() {
    return { ...this.dialect.fields(this.question), stream: this.streams };
  }

  get headers() {
    return {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${this.person.token}`,
      'Idempotency-Key': this.key,
    };
  }

  /** Sends it on a connection of its own; the same request again with each call. */
  async send() {
    const connection = await this.server.connect();
    if (this.relaysNonsense) connection.unjudged();
    const more = { stream: this.streams };
    const headers = { 'Idempotency-Key': this.key };
    return EventStream.ask(this.server, this.dialect, this.question, {
      token: this.person.token, more, headers, connection,
    });
  }

  /** Sends it and reads the answer to its end. */
  async ask() {
    const stream = await this.send();
    try {
      return await this.readAnswer(stream);
    } finally {
      stream.connection.destroy();
    }
  }

  /**
   * {status, end, error, code, retryAfter}: as a row of the table has them; `charge` and `finishReason` where they
   * are told, `replayed` and `seconds` (of Retry-After) besides.
   */
  async readAnswer(stream) {
    const head = await stream.head();
    const replayed = head.header('Idempotency-Replayed') === 'true';
    const seconds = number(head.header('Retry-After'));
    const told = { status: head.status, replayed, seconds, retryAfter: seconds !== undefined };
    if (stream.isStream) return answer({ ...told, ...this.#endOf(await eventsIn(stream)) });
    if (head.status === 200) return answer({ ...told, charge: number(head.header('Parley-Charge')) });
    assert.doesNotMatch(head.head + head.text, INSIDE);
    return answer({ ...told, ...errorOf(head.json(), { status: head.status, path: this.path }) });
  }

  #endOf(events) {
    const said = events.filter(({ comment }) => comment === undefined);
    const last = said.at(-1);
    assert.ok(last, 'a stream of nothing');
    if (this.dialect.isError(last)) {
      assert.doesNotMatch(last.data, INSIDE);
      return { end: 'error', ...errorOf(JSON.parse(last.data), { status: 200, path: this.path }) };
    }
    assert.ok(this.dialect.isLast(last), `the last event is ${JSON.stringify(last)}`);
    const { charge, finishReason } = this.dialect === CHAT ? doneOf(last) : { finishReason: reasonIn(said) };
    return { end: finishReason === 'length' ? 'done with length' : 'done', charge, finishReason };
  }

  #get(target) {
    return this.server.request('GET', target, { headers: { Authorization: `Bearer ${this.person.token}` } });
  }

  async #json(target) {
    const response = await this.#get(target);
    assert.equal(response.status, 200, response.text);
    return response.json();
  }

  /** Waits until nothing of the account is held; {balance, turns} as they are then. */
  async books() {
    const me = await eventually('nothing being held', async () => {
      const found = await this.#json('/api/me/');
      return found.held === 0 && found;
    });
    const { conversations } = await this.#json('/api/conversations/');
    const turns = [];
    for (const { id } of conversations) turns.push(...(await this.#json(`/api/conversations/${id}/`)).turns);
    const { entries } = await this.#json('/api/statement/');
    const charges = entries.filter(({ kind }) => kind === 'charge');
    assert.deepEqual(
      turns.map(({ turn, charge }) => [turn, -charge]).sort(),
      charges.map(({ turn, amount }) => [turn, amount]).sort(),
      'each turn has its charge',
    );
    return { balance: me.balance, turns };
  }
}

/** All events; those of a replay come in one piece. */
async function eventsIn(stream) {
  if (stream.response.header('content-length') === undefined) return stream.rest();
  const { text } = await stream.connection.wholeOf(stream.response);
  return eventsOf(text).map(({ event, data }) => ({ type: event, data }));
}

const doneOf = ({ data }) => {
  const { charge, finish_reason: finishReason } = JSON.parse(data);
  return { charge, finishReason };
};

/** The one finish reason that the chunks of a completion have. */
function reasonIn(events) {
  const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data));
  const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason).filter((reason) => reason);
  assert.equal(reasons.length, 1, `finished for ${reasons}`);
  return reasons[0];
}
