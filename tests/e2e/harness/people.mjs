// Accounts for tests: people with a name of their own, registered and logged in over the API.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

let made = 0;

export function newName(prefix = 'person') {
  made += 1;
  return `${prefix}-${made}-${randomBytes(4).toString('hex')}`;
}

export class Person {
  constructor(server, username = newName(), password = 'correct horse battery') {
    this.server = server;
    this.username = username;
    this.password = password;
  }

  /** Registered and logged in. */
  static async join(server, username, password) {
    const person = new Person(server, username, password);
    await person.register();
    await person.login();
    return person;
  }

  async register() {
    const { username, password } = this;
    const response = await this.server.post('/api/register/', { username, password });
    assert.equal(response.status, 201, response.text);
  }

  async login() {
    const { username, password } = this;
    const response = await this.server.post('/api/login/', { username, password });
    assert.equal(response.status, 200, response.text);
    this.token = response.json().token;
    return this.token;
  }

  chat(message = 'Hello') {
    return this.server.post('/api/chat/', { message }, { token: this.token });
  }

  async balance() {
    const response = await this.server.post('/api/balance/', {}, { token: this.token });
    assert.equal(response.status, 200, response.text);
    return response.json().token_balance;
  }
}
