// Load of every kind at once, until the server dies: what is asked and what is answered goes into the journals.

import assert from 'node:assert/strict';

import { ConnectionLost } from '../../e2e/harness/connection.mjs';
import { CHAT, EventStream } from '../../e2e/harness/event_stream.mjs';
import { newName } from '../../e2e/harness/people.mjs';
import { eventsOf } from '../../e2e/harness/whole_answer.mjs';

import { Newcomer } from './newcomer.mjs';

const LOGINS = 3;
const CHATS_OF_A_KEY = 4;
/** One in so many chats with a key is sent again at once. */
const REPLAYS = 3;
const MESSAGE_CHARACTERS_MAX = 400;

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** One client of an account, on a connection of its own. */
class Client {
  constructor(journal, connection, random) {
    Object.assign(this, { journal, connection, random });
  }

  /** Messages are never the same twice; some are long, so that pages overflow. */
  newMessage() {
    const length = this.random.onceIn(20) ? 10 * MESSAGE_CHARACTERS_MAX : this.random.below(MESSAGE_CHARACTERS_MAX);
    return `${newName(this.journal.username)} ${'ü'.repeat(length)}`;
  }

  headers({ token = this.journal.person.token, idempotencyKey } = {}) {
    const key = idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {};
    return { ...JSON_TYPE, Authorization: `Bearer ${token}`, ...key };
  }

  /** Sends a chat, and tells the journal what came: {turn, replayed}. */
  async send(chat, token) {
    const headers = this.headers({ token, idempotencyKey: chat.idempotencyKey });
    const answer = chat.stream ? await this.#streamed(chat, headers) : await this.#whole(chat, headers);
    this.journal.tell(chat, answer);
    return answer;
  }

  async #whole({ message }, headers) {
    const body = JSON.stringify({ message });
    const response = await this.connection.request('POST', '/api/chat/', { headers, body });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.json().message, message);
    return {
      response: response.json().response,
      turn: Number(response.header('Parley-Turn')),
      charge: Number(response.header('Parley-Charge')),
      replayed: response.header('Idempotency-Replayed') === 'true',
    };
  }

  async #streamed({ message }, headers) {
    const stream = await EventStream.ask(null, CHAT, message, { headers, connection: this.connection });
    const head = await stream.head();
    assert.equal(head.status, 200, head.text);
    const events = await this.#eventsOf(stream);
    const done = events.pop();
    assert.equal(done?.type, 'done', JSON.stringify(done));
    const { turn, response, charge } = JSON.parse(done.data);
    assert.equal(events.map(CHAT.text).join(''), response);
    return { turn, response, charge, replayed: head.header('Idempotency-Replayed') === 'true' };
  }

  /** A replay comes whole, with its length. */
  async #eventsOf(stream) {
    if (stream.response.header('content-length') === undefined) return stream.rest();
    const { text } = await this.connection.wholeOf(stream.response);
    return eventsOf(text).map(({ event, data }) => ({ type: event, data }));
  }

  async chat() {
    for (;;) await this.send(this.journal.ask(this.newMessage()));
  }

  async stream() {
    for (;;) await this.send(this.journal.ask(this.newMessage(), { stream: true }));
  }

  /** First what was cut off before is sent again with the same key; then new ones, some of them twice. */
  async chatWithIdempotencyKeys() {
    for (const chat of unansweredOf(this.journal)) await this.retry(chat);
    for (;;) {
      const how = { idempotencyKey: newName('key'), stream: this.random.onceIn(2) };
      const chat = this.journal.ask(this.newMessage(), how);
      const { replayed } = await this.send(chat);
      assert.ok(!replayed, `${chat.idempotencyKey} was new`);
      if (this.random.onceIn(REPLAYS)) await this.retry(chat);
    }
  }

  /** What was saved is replayed, and what was not is answered as if it were new. */
  async retry(chat) {
    const saved = chat.turn !== undefined;
    this.journal.ask(chat.message);
    const { replayed } = await this.send(chat);
    assert.equal(replayed, saved, `${chat.idempotencyKey} of ${saved ? `turn ${chat.turn}` : 'no turn'}`);
  }

  /** First the keys from before the server was killed are used once more and ended. */
  async useApiKeys() {
    for (const key of [...this.journal.keys.values()].filter(({ ended }) => !ended)) {
      await this.send(this.journal.ask(this.newMessage(), { apiKey: key.id }), key.text);
      await this.endKey(key);
    }
    for (;;) {
      const name = newName('key');
      this.journal.askForKey(name);
      const made = await this.post('/api/keys/', { name });
      assert.equal(made.status, 201, made.text);
      const key = this.journal.tellKey(made.json());
      for (let i = 0; i < CHATS_OF_A_KEY; i += 1) {
        await this.send(this.journal.ask(this.newMessage(), { apiKey: key.id }), key.text);
      }
      if (!this.random.onceIn(4)) await this.endKey(key);
    }
  }

  async endKey(key) {
    key.ending = true;
    const ended = await this.connection.request('DELETE', `/api/keys/${key.id}/`, { headers: this.headers() });
    assert.equal(ended.status, 204, ended.text);
    key.ended = true;
  }

  post(target, fields, headers = this.headers()) {
    return this.connection.request('POST', target, { headers, body: JSON.stringify(fields) });
  }
}

/** Chats with an idempotency key that were cut off, whether they were found to be saved or not. */
const unansweredOf = (journal) =>
  [...journal.chats.values()].filter(({ idempotencyKey, answered }) => idempotencyKey && !answered);

/** Registers and logs in without end. */
async function joinWithoutEnd(server, connection, newcomers) {
  const post = (target, fields) =>
    connection.request('POST', target, { headers: JSON_TYPE, body: JSON.stringify(fields) });
  for (;;) {
    const newcomer = new Newcomer(server, newName('late'));
    newcomers.push(newcomer);
    await newcomer.register(post);
    for (let i = 0; i < LOGINS; i += 1) await newcomer.login(post);
  }
}

/** A server that does not answer is not gone. */
const isGone = (error) => error instanceof ConnectionLost && !/ within \d+ ms$/.test(error.message);

/** Resolves when the server is gone; fails where it said something that it must not. */
async function untilItDies(server, work) {
  let connection;
  try {
    connection = await server.connect();
    await work(connection);
  } catch (error) {
    if (!isGone(error)) throw error;
  } finally {
    connection?.destroy();
  }
}

const KINDS = ['chat', 'chat', 'stream', 'chatWithIdempotencyKeys', 'useApiKeys'];

/** `random(name)` is the generator of one client. Who registers is put among the `newcomers`. */
export async function loadUntilItDies(server, journals, newcomers, random) {
  const clients = journals.flatMap((journal, account) =>
    KINDS.map((kind, at) =>
      untilItDies(server, (connection) => new Client(journal, connection, random(`${account}.${at}`))[kind]()),
    ),
  );
  clients.push(untilItDies(server, (connection) => joinWithoutEnd(server, connection, newcomers)));
  await Promise.all(clients);
}

/** Sends every chat again that has an idempotency key and was cut off, to a server that lives. */
export async function retryAll(server, journals) {
  for (const journal of journals) {
    const client = new Client(journal, await server.connect());
    for (const chat of unansweredOf(journal)) await client.retry(chat);
    client.connection.destroy();
  }
}
