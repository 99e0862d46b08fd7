// POST /api/login/, /api/logout/ and /api/password/: how a login token begins and ends.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer, expectOneSentence } from '../harness/expect.mjs';
import { newName, Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const INVALID = '{"error":"Invalid credentials"}';
const ENDED = '{"detail":"Invalid token."}';

describe('logging in', () => {
  const server = Server.forSuite();

  it('makes a new token each time and ends the one before', async () => {
    const person = await Person.join(server);
    const first = person.token;
    const second = await person.login();
    assert.notEqual(first, second);
    expectAnswer(await server.post('/api/chat/', { message: 'Hi' }, { token: first }), 401, ENDED);
    assert.equal((await person.chat()).status, 200);
  });

  it('leaves one token that works where many log in at once', async () => {
    const person = await Person.join(server);
    const responses = await Promise.all(
      Array.from({ length: 10 }, () =>
        server.post('/api/login/', { username: person.username, password: person.password }),
      ),
    );
    const tokens = responses.filter(({ status }) => status === 200).map((response) => response.json().token);
    assert.ok(tokens.length >= 1);
    assert.equal(new Set(tokens).size, tokens.length);
    const statuses = await Promise.all(
      tokens.map(async (token) => (await server.post('/api/balance/', {}, { token })).status),
    );
    assert.equal(statuses.filter((status) => status === 200).length, 1);
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const person = await Person.join(server);
    const wrong = await server.post('/api/login/', { username: person.username, password: 'wrong password' });
    const unknown = await server.post('/api/login/', { username: newName('nobody'), password: 'wrong password' });
    expectAnswer(wrong, 401, INVALID);
    expectAnswer(unknown, 401, INVALID);
    const shape = (response) => response.headers.map(([name]) => name);
    assert.deepEqual(shape(wrong), shape(unknown));
  });

  it('answers a name that nobody could have as an unknown user', async () => {
    for (const username of ['no one', 'x'.repeat(151), '😀']) {
      expectAnswer(await server.post('/api/login/', { username, password: 'wrong password' }), 401, INVALID);
    }
  });

  it('answers a password that nobody could have as a wrong one', async () => {
    const person = await Person.join(server);
    for (const password of ['short', 'x'.repeat(1025)]) {
      expectAnswer(await server.post('/api/login/', { username: person.username, password }), 401, INVALID);
    }
  });

  it('asks for missing fields', async () => {
    expectAnswer(
      await server.post('/api/login/', {}),
      400,
      '{"username":["This field is required."],"password":["This field is required."]}',
    );
    expectAnswer(
      await server.post('/api/login/', { username: 'x', password: '' }),
      400,
      '{"password":["This field may not be blank."]}',
    );
  });
});

describe('guessing passwords', () => {
  const server = Server.forSuite({
    settings: { 'login-failures-per-account-burst': 3, 'login-failures-per-account-period': 600 },
  });
  const guess = (username) => server.post('/api/login/', { username, password: 'wrong password' });

  it('ends in 429 for an account and for an unknown name alike', async () => {
    const person = await Person.join(server);
    for (const username of [person.username, newName('nobody')]) {
      for (let i = 0; i < 3; i += 1) expectAnswer(await guess(username), 401, INVALID);
      const refused = await guess(username);
      expectOneSentence(refused, 429, 'detail');
      assert.match(refused.header('Retry-After'), /^[1-9]\d*$/);
    }
  });

  it('leaves other accounts and the tokens of the guessed one alone', async () => {
    const person = await Person.join(server);
    for (let i = 0; i < 5; i += 1) await guess(person.username);
    assert.equal((await person.chat()).status, 200);
    await Person.join(server);
  });
});

describe('logging out', () => {
  const server = Server.forSuite();

  it('ends the token', async () => {
    const person = await Person.join(server);
    const response = await server.post('/api/logout/', {}, { token: person.token });
    assert.ok([200, 204].includes(response.status), response.text);
    expectAnswer(await person.chat(), 401, ENDED);
    await person.login();
    assert.equal((await person.chat()).status, 200);
  });

  it('needs a token that works', async () => {
    expectAnswer(
      await server.post('/api/logout/', {}),
      401,
      '{"detail":"Authentication credentials were not provided."}',
    );
    expectAnswer(await server.post('/api/logout/', {}, { token: 'made-up' }), 401, ENDED);
  });
});

describe('changing the password', () => {
  const server = Server.forSuite();
  const change = (person, current_password, new_password) =>
    server.post('/api/password/', { current_password, new_password }, { token: person.token });
  const NEW = 'another good password';

  it('ends the token and the old password', async () => {
    const person = await Person.join(server);
    assert.equal((await change(person, person.password, NEW)).status, 200);
    expectAnswer(await person.chat(), 401, ENDED);
    expectAnswer(
      await server.post('/api/login/', { username: person.username, password: person.password }),
      401,
      INVALID,
    );
    person.password = NEW;
    await person.login();
    assert.equal(await person.balance(), 4000);
  });

  it('needs the current one', async () => {
    const person = await Person.join(server);
    const response = await change(person, 'not my password', NEW);
    assert.equal(response.status, 400, response.text);
    assert.deepEqual(Object.keys(response.json()), ['current_password']);
    assert.equal((await person.chat()).status, 200, 'the token still works');
  });

  it('holds the new one to the rules of registering', async () => {
    const person = await Person.join(server);
    expectAnswer(
      await change(person, person.password, 'short'),
      400,
      '{"new_password":["This password is too short. It must contain at least 8 characters."]}',
    );
    await person.login();
  });

  it('needs a token that works, and both fields', async () => {
    const person = await Person.join(server);
    expectAnswer(await change({ token: 'made-up' }, 'x', 'y'), 401, ENDED);
    expectAnswer(
      await server.post('/api/password/', {}, { token: person.token }),
      400,
      '{"current_password":["This field is required."],"new_password":["This field is required."]}',
    );
  });
});
