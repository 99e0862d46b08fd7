// What one account's clients asked and were told, and whether the server still says so after it was killed.
//
// A chat that was sent and not answered is in doubt until the server is asked after its restart: from then on it is
// known to be saved, or known to be not, and must stay so.

import assert from 'node:assert/strict';

import { keysOf } from '../../e2e/harness/keys.mjs';
import { Person } from '../../e2e/harness/people.mjs';

export const PRICE = 100;
export const OPENING = 100_000_000;

const LINES_MAX = 1_000;

/** What the offline engine makes of a message. */
export const answerTo = (message) => `AI response to '${message}'`;

/** One chat that was asked: `turn` where it is known to be saved. */
class Chat {
  turn;
  inDoubt = true;
  /** Answered, so that it was seen by a client, and not only found. */
  answered = false;
  /** Seen in the statement. */
  compared = false;

  constructor(message, { apiKey = null, idempotencyKey = null, stream = false } = {}) {
    Object.assign(this, { message, apiKey, idempotencyKey, stream });
  }
}

class ApiKey {
  ending = false;
  ended = false;

  constructor({ id, key }) {
    this.id = id;
    this.text = key;
  }
}

export class Journal {
  chats = new Map(); // message → Chat
  turns = new Map(); // turn → Chat
  keys = new Map(); // id → ApiKey
  replays = 0;
  /** Names of keys that were asked for without an answer. */
  #keysInDoubt = new Set();
  #keysToTry = new Set();
  /** The newest entry that was compared: the opening one is the first. */
  #sequence = 1;

  constructor(person) {
    this.person = person;
  }

  static async join(server, name) {
    return new Journal(await Person.join(server, name));
  }

  get username() {
    return this.person.username;
  }

  /** How many chats were answered, of those that this is true of. */
  answered(isCounted = () => true) {
    return [...this.chats.values()].filter((chat) => chat.answered && isCounted(chat)).length;
  }

  /** To be called before a chat is sent; again before it is sent again. */
  ask(message, how) {
    const chat = this.chats.get(message) ?? new Chat(message, how);
    this.chats.set(message, chat);
    if (chat.turn === undefined) chat.inDoubt = true;
    return chat;
  }

  /** An answer that a client has seen to its end. */
  tell(chat, { turn, response, charge, replayed = false }) {
    assert.equal(response, answerTo(chat.message));
    assert.equal(charge, PRICE);
    this.#saved(chat, turn);
    chat.answered = true;
    if (replayed) this.replays += 1;
  }

  #saved(chat, turn) {
    assert.ok(Number.isSafeInteger(turn), `turn ${turn} is no id`);
    assert.ok(chat.turn === undefined || chat.turn === turn, `${chat.message} is turn ${chat.turn} and ${turn}`);
    assert.ok(chat.inDoubt || chat.turn === turn, `${chat.message} was not saved, and now is turn ${turn}`);
    assert.ok([undefined, chat].includes(this.turns.get(turn)), `turn ${turn} was given twice`);
    chat.turn = turn;
    chat.inDoubt = false;
    this.turns.set(turn, chat);
  }

  askForKey(name) {
    this.#keysInDoubt.add(name);
  }

  tellKey(fields) {
    this.#keysInDoubt.delete(fields.name);
    assert.ok(!this.keys.has(fields.id), `key ${fields.id} was given twice`);
    const key = new ApiKey(fields);
    this.keys.set(key.id, key);
    this.#keysToTry.add(key);
    return key;
  }

  /** Asks a server that has started again, with nothing else going on, whether all that was told is there. */
  async expectKept() {
    await this.#expectCharges();
    await this.#expectKeys();
    const balance = await this.person.balance();
    assert.equal(balance, OPENING - PRICE * this.turns.size, `${this.username}: ${this.turns.size} turns`);
  }

  async #get(target) {
    const headers = { Authorization: `Token ${this.person.token}` };
    const response = await this.person.server.request('GET', target, { headers });
    assert.equal(response.status, 200, `${target}: ${response.text}`);
    return response.json();
  }

  /** The lines of the statement that were not compared yet, oldest first. */
  async #newLines() {
    const lines = [];
    for (let cursor = ''; ; ) {
      const page = await this.#get(`/api/statement/?limit=${LINES_MAX}${cursor}`);
      for (const line of page.entries) {
        if (line.sequence <= this.#sequence) return lines.reverse();
        lines.push(line);
      }
      assert.ok(page.next, `${this.username}: the statement ends before entry ${this.#sequence}, which was there`);
      cursor = `&cursor=${page.next}`;
    }
  }

  async #expectCharges() {
    const compared = this.#sequence;
    const expected = new Set([...this.chats.values()].filter((chat) => chat.turn && !chat.compared));
    for (const { sequence, kind, amount, balance_after, turn, key } of await this.#newLines()) {
      const where = `${this.username}, entry ${sequence}`;
      this.#sequence += 1;
      assert.equal(sequence, this.#sequence, where);
      assert.deepEqual([kind, amount], ['charge', -PRICE], where);
      assert.equal(balance_after, OPENING - PRICE * (sequence - 1), where);
      const chat = this.turns.get(turn) ?? (await this.#found(turn));
      assert.ok(!chat.compared, `${where}: turn ${turn} is charged twice`);
      assert.equal(key, chat.apiKey, where);
      chat.compared = true;
      expected.delete(chat);
    }
    const lost = [...expected].map(({ turn }) => turn);
    assert.deepEqual(lost, [], `${this.username}: turns that were answered are not in the statement`);
    assert.equal(this.#sequence - 1, this.turns.size, `${this.username}: entries since ${compared}`);
    for (const chat of this.chats.values()) if (chat.turn === undefined) chat.inDoubt = false;
  }

  /** The chat in doubt that this turn of the statement is. */
  async #found(turn) {
    const { turns } = await this.#get(`/api/conversations/${turn}/`);
    assert.equal(turns.length, 1);
    const [{ message, response, charge }] = turns;
    const chat = this.chats.get(message);
    assert.ok(chat, `${this.username}: turn ${turn} was never asked: ${message.slice(0, 100)}`);
    assert.equal(response, answerTo(message));
    assert.equal(charge, PRICE);
    this.#saved(chat, turn);
    return chat;
  }

  async #expectKeys() {
    const spent = new Map();
    for (const { apiKey } of this.turns.values()) spent.set(apiKey, (spent.get(apiKey) ?? 0) + PRICE);
    const listed = new Map((await keysOf(this.person)).map((key) => [key.id, key]));
    for (const key of listed.values()) if (!this.keys.has(key.id)) await this.#expectInDoubt(key);
    for (const key of this.keys.values()) {
      const shown = listed.get(key.id);
      if (key.ended) assert.equal(shown, undefined, `${this.username}: key ${key.id} was ended`);
      else if (!key.ending) assert.ok(shown, `${this.username}: key ${key.id} was given`);
      if (shown) assert.equal(shown.spent, spent.get(key.id) ?? 0, `${this.username}: key ${key.id}`);
      key.ended = !shown;
      key.ending = false;
    }
    this.#keysInDoubt.clear();
    for (const key of this.#keysToTry) {
      const { status } = await this.person.server.post('/api/balance/', {}, { token: key.text });
      assert.equal(status, key.ended ? 401 : 200, `${this.username}: key ${key.id}`);
      if (key.ended) this.#keysToTry.delete(key);
    }
  }

  /** A key whose answer nobody saw: made all the same, and of no use. */
  async #expectInDoubt({ id, name }) {
    assert.ok(this.#keysInDoubt.has(name), `${this.username}: key ${id}, ${name}, was never asked for`);
    const headers = { Authorization: `Token ${this.person.token}` };
    const { status } = await this.person.server.request('DELETE', `/api/keys/${id}/`, { headers });
    assert.equal(status, 204);
  }
}
