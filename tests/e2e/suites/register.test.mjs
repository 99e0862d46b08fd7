// POST /api/register/: names, passwords, and who may register at all.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';

import { expectAnswer, expectOneSentence } from '../harness/expect.mjs';
import { newName, Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const PASSWORD = 'securepassword';
const TAKEN = '{"username":["A user with that username already exists."]}';
const BAD_NAME =
  '{"username":["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."]}';
const SHORT = '{"password":["This password is too short. It must contain at least 8 characters."]}';

describe('registering', () => {
  const server = Server.forSuite();
  const register = (username, password = PASSWORD) => server.post('/api/register/', { username, password });
  const succeeds = async (username, password) => {
    const response = await register(username, password);
    expectAnswer(response, 201, JSON.stringify({ message: `${username.normalize('NFKC')} registered successfully!` }));
  };

  it('opens the account with 4000 tokens', async () => {
    const person = await Person.join(server);
    assert.equal(await person.balance(), 4000);
  });

  it('asks for every missing field at once', async () => {
    expectAnswer(
      await server.post('/api/register/', '{}'),
      400,
      '{"username":["This field is required."],"password":["This field is required."]}',
    );
  });

  for (const [what, value, sentence] of [
    ['null', 'null', 'This field may not be null.'],
    ['blank', '""', 'This field may not be blank.'],
    ['a list', '["x"]', 'Not a valid string.'],
    ['an object', '{"x":1}', 'Not a valid string.'],
    ['a boolean', 'true', 'Not a valid string.'],
  ]) {
    it(`refuses a username that is ${what}`, async () => {
      expectAnswer(
        await server.post('/api/register/', `{"username":${value},"password":"${PASSWORD}"}`),
        400,
        `{"username":["${sentence}"]}`,
      );
    });
    it(`refuses a password that is ${what}`, async () => {
      expectAnswer(
        await server.post('/api/register/', `{"username":"${newName()}","password":${value}}`),
        400,
        `{"password":["${sentence}"]}`,
      );
    });
  }

  it('refuses a name that is taken', async () => {
    const name = newName();
    await succeeds(name);
    expectAnswer(await register(name), 400, TAKEN);
  });

  it('takes names that differ in case only for the same', async () => {
    await succeeds('CaseMatters');
    expectAnswer(await register('casematters'), 400, TAKEN);
    await succeeds('Straße');
    expectAnswer(await register('STRASSE'), 400, TAKEN);
    await succeeds('ΟΔΥΣΣΕΥΣ');
    expectAnswer(await register('οδυσσευς'), 400, TAKEN);
  });

  it('takes names that look the same after NFKC for the same', async () => {
    await succeeds('file');
    expectAnswer(await register('\ufb01le'), 400, TAKEN); // the ligature fi
    await succeeds('\uff37ide'); // a fullwidth W
    expectAnswer(await register('Wide'), 400, TAKEN);
    await succeeds('Jose\u0301'); // a combining accent
    expectAnswer(await register('Jos\u00e9'), 400, TAKEN);
  });

  it('logs in by another case and form of the name', async () => {
    await succeeds('Zo\u00eb.Login');
    const response = await server.post('/api/login/', { username: 'zoe\u0308.login', password: PASSWORD });
    assert.equal(response.status, 200, response.text);
  });

  for (const name of ['a', '李小龙', 'Ωmega', 'has.all@of+these-and_those9', 'é'.repeat(150)]) {
    it(`accepts the name ${name.slice(0, 30)}`, async () => succeeds(name));
  }

  for (const name of [
    'two words',
    ' lead',
    'trail ',
    'semi;colon',
    'a/b',
    'new\nline',
    '😀smile',
    'zero\u200bwidth',
    "o'brien",
    '<b>',
  ]) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => expectAnswer(await register(name), 400, BAD_NAME));
  }

  it('refuses a name longer than 150 characters', async () => {
    expectAnswer(
      await register('a'.repeat(151)),
      400,
      '{"username":["Ensure this field has no more than 150 characters."]}',
    );
  });

  it('refuses a short password by its bytes', async () => {
    expectAnswer(await register(newName(), '1234567'), 400, SHORT);
    await succeeds(newName(), '12345678');
    await succeeds(newName(), 'éééé'); // 8 bytes
  });

  it('never truncates a password', async () => {
    const person = new Person(server, newName(), 'x'.repeat(1024));
    await person.register();
    await person.login();
    const shorter = await server.post('/api/login/', { username: person.username, password: 'x'.repeat(1023) });
    expectAnswer(shorter, 401, '{"error":"Invalid credentials"}');
  });

  it('refuses a password of more than 1024 bytes', async () => {
    const response = await register(newName(), 'x'.repeat(1025));
    assert.equal(response.status, 400, response.text);
    assert.deepEqual(Object.keys(response.json()), ['password']);
  });

  it('keeps spaces and every other character of a password', async () => {
    const person = await Person.join(server, newName(), '  pass "word" \\ \t 😀 ');
    const trimmed = await server.post('/api/login/', { username: person.username, password: person.password.trim() });
    assert.equal(trimmed.status, 401);
  });

  it('has one winner where many register one name at once', async () => {
    const name = newName();
    const responses = await Promise.all(Array.from({ length: 20 }, () => register(name)));
    assert.deepEqual(responses.map(({ status }) => status).sort(), [201, ...Array(19).fill(400)]);
    for (const response of responses.filter(({ status }) => status === 400)) expectAnswer(response, 400, TAKEN);
  });

  it('answers a form as it answers JSON', async () => {
    const name = newName();
    const response = await server.request('POST', '/api/register/', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `username=${name}&password=with%20space+plus%26`,
    });
    expectAnswer(response, 201, `{"message":"${name} registered successfully!"}`);
    await new Person(server, name, 'with space plus&').login();
  });

  it('ignores unknown fields', async () => {
    const username = newName();
    const response = await server.post('/api/register/', { username, password: PASSWORD, is_admin: true, balance: 9 });
    assert.equal(response.status, 201, response.text);
  });
});

describe('registering, as settings narrow it', () => {
  it('is throttled for a client behind a proxy, and for nobody on loopback', async (t) => {
    const server = await Server.startFor(t, {
      settings: { 'registrations-per-address-burst': 2, 'registrations-per-address-period': 600 },
    });
    const register = (headers) =>
      server.post('/api/register/', { username: newName(), password: PASSWORD }, { headers });
    for (let i = 0; i < 5; i += 1) assert.equal((await register({})).status, 201);
    const forwarded = { 'X-Forwarded-For': '203.0.113.7' };
    assert.equal((await register(forwarded)).status, 201);
    assert.equal((await register(forwarded)).status, 201);
    const refused = await register(forwarded);
    expectOneSentence(refused, 429, 'detail');
    assert.match(refused.header('Retry-After'), /^[1-9]\d*$/);
    assert.equal((await register({})).status, 201);
  });

  it('counts each client of a trusted proxy by itself', async (t) => {
    const server = await Server.startFor(t, {
      settings: {
        'registrations-per-address-burst': 1,
        'registrations-per-address-period': 600,
        'trusted-proxies': '127.0.0.1',
      },
    });
    const statusFor = async (address) => {
      const fields = { username: newName(), password: PASSWORD };
      return (await server.post('/api/register/', fields, { headers: { 'X-Forwarded-For': address } })).status;
    };
    assert.equal(await statusFor('203.0.113.7'), 201);
    assert.equal(await statusFor('203.0.113.8'), 201);
    assert.equal(await statusFor('203.0.113.7'), 429);
    assert.equal(await statusFor('198.51.100.1, 203.0.113.7'), 429, 'what the client itself claims counts for nothing');
  });

  it('can be closed', async (t) => {
    const server = await Server.startFor(t, { settings: { registration: 'closed' } });
    const response = await server.post('/api/register/', { username: newName(), password: PASSWORD });
    assert.equal(response.status, 403, response.text);
  });

  it('can ask for an invitation code', async (t) => {
    const server = await Server.startFor(t, {
      settings: { registration: 'invitation', 'invitation-code': 'let-me-in' },
    });
    const register = (fields) => server.post('/api/register/', { username: newName(), password: PASSWORD, ...fields });
    assert.notEqual((await register({})).status, 201);
    assert.notEqual((await register({ invitation: 'guess' })).status, 201);
    assert.equal((await register({ invitation: 'let-me-in' })).status, 201);
  });

  it('can refuse common passwords', async (t) => {
    const server = await Server.startFor(t, { settings: { 'refuse-common-passwords': true } });
    expectAnswer(
      await server.post('/api/register/', { username: newName(), password: 'password123' }),
      400,
      '{"password":["This password is too common."]}',
    );
    assert.equal(
      (await server.post('/api/register/', { username: newName(), password: 'gr8 unlikely one' })).status,
      201,
    );
  });
});
