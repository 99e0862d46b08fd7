// Somebody who registers and logs in while the server is killed: what they were told, and whether it holds afterwards.

import assert from 'node:assert/strict';

import { Person } from '../../e2e/harness/people.mjs';

import { OPENING } from './journal.mjs';

export class Newcomer {
  registered = false;
  #asked = false;
  #tokens = [];
  #loginInDoubt = false;

  constructor(server, username) {
    this.person = new Person(server, username);
  }

  get username() {
    return this.person.username;
  }

  get logins() {
    return this.#tokens.length;
  }

  get #form() {
    const { username, password } = this.person;
    return { username, password };
  }

  /** `post(target, fields)` sends on the caller's connection. */
  async register(post) {
    this.#asked = true;
    const response = await post('/api/register/', this.#form);
    assert.equal(response.status, 201, response.text);
    this.registered = true;
  }

  async login(post) {
    this.#loginInDoubt = true;
    const response = await post('/api/login/', this.#form);
    assert.equal(response.status, 200, response.text);
    const { token } = response.json();
    assert.ok(!this.#tokens.includes(token), 'a token was given twice');
    this.#tokens.push(token);
    this.#loginInDoubt = false;
  }

  /** Asks a server that has started again; in the end they are registered and logged in, be they in doubt or not. */
  async expectKept() {
    if (!this.#asked) return;
    const post = (target, fields) => this.person.server.post(target, fields);
    if (!this.registered) await this.#registerAgain();
    const newest = this.#tokens.at(-1);
    if (newest) {
      const status = await this.#statusWith(newest);
      if (this.#loginInDoubt) assert.ok([200, 401].includes(status), `${this.username}: ${status}`);
      else assert.equal(status, 200, `${this.username}: a token that was given works`);
    }
    await this.login(post);
    for (const ended of this.#tokens.slice(0, -1)) {
      assert.equal(await this.#statusWith(ended), 401, `${this.username}: a login ends the token before it`);
    }
    this.person.token = this.#tokens.at(-1);
    assert.equal(await this.person.balance(), OPENING, `${this.username}: the opening balance is there once`);
  }

  async #registerAgain() {
    const { status, text } = await this.person.server.post('/api/register/', this.#form);
    const taken = '{"username":["A user with that username already exists."]}';
    assert.ok(status === 201 || text === taken, `${this.username}: ${status} ${text}`);
    this.registered = true;
  }

  async #statusWith(token) {
    return (await this.person.server.post('/api/balance/', {}, { token })).status;
  }
}
