// API keys: made, shown once, spent within their limits, expired and ended; and what a key may not do.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { everyByteOf } from '../harness/database.mjs';
import { delay, eventually } from '../harness/eventually.mjs';
import { expectAnswer } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { createKey, endKey, keysOf, newKey } from '../harness/keys.mjs';
import { Person } from '../harness/people.mjs';
import { chatAs, race, statusesOf } from '../harness/race.mjs';
import { parley, Server } from '../harness/server.mjs';
import { held, Upstream } from '../harness/upstream.mjs';

const NOT_PROVIDED = '{"detail":"Authentication credentials were not provided."}';
const INVALID = '{"detail":"Invalid token."}';
const FORBIDDEN = `{"detail":"An API key can't do this; log in."}`;
const LIMIT_REACHED = `{"error":"This API key's limit is reached"}`;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const MADE_UP = 'sk-1.AAAAAAAAAAAAAAAAAAAAAA';

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const chatWith = (server, key, message = 'Hello') => server.post('/api/chat/', { message }, { token: key });
const sooner = (time_ms) => new Date(Date.now() + time_ms).toISOString();

async function expectChats(server, key, status = 200) {
  const response = await chatWith(server, key);
  assert.equal(response.status, status, response.text);
  return response;
}

function completionWith(server, key, fields = {}) {
  const body = { model: 'offline', messages: [{ role: 'user', content: 'Hello' }], ...fields };
  return server.post('/v1/chat/completions', body, { headers: bearer(key) });
}

describe('making an API key', () => {
  const server = Server.forSuite();

  it('answers 201 with its text, which no later answer has', async () => {
    const person = await Person.join(server);
    const before = Date.now();
    const expires = '2199-01-01T01:00:00.5+01:00';
    const response = await createKey(person, { name: ' Grüße 😀', limit: 700, expires });
    assert.equal(response.status, 201, response.text);
    const made = response.json();
    const limits = ['limit', 'daily_limit'];
    assert.deepEqual(Object.keys(made), ['id', 'name', 'key', ...limits, 'spent', 'created', 'expires', 'last_used']);
    assert.ok(Number.isSafeInteger(made.id) && made.id > 0);
    assert.match(made.key, /^sk-\d+\.[A-Za-z0-9_-]{22,}$/);
    assert.equal(made.name, ' Grüße 😀');
    assert.equal(made.limit, 700);
    assert.equal(made.spent, 0);
    assert.match(made.created, TIME);
    assert.ok(Date.parse(made.created) >= before && Date.parse(made.created) <= Date.now());
    assert.equal(made.expires, '2199-01-01T00:00:00.500Z');
    assert.equal(made.last_used, null);
    await expectChats(server, made.key);
    const { key, ...shown } = made;
    const [listed] = await keysOf(person);
    assert.deepEqual({ ...listed, spent: 0, last_used: null }, shown);
    assert.ok(!JSON.stringify(listed).includes(key.split('.')[1]));
  });

  it('takes a form, and makes limit and expiry optional', async () => {
    const person = await Person.join(server);
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = `token=${encodeURIComponent(person.token)}&name=a+b&limit=300`;
    const response = await server.request('POST', '/api/keys/', { headers, body });
    assert.equal(response.status, 201, response.text);
    assert.equal(response.json().limit, 300);
    assert.equal(response.json().expires, null);
    const bare = await newKey(person, { name: 'x', limit: null, expires: null, unknown: [1] });
    assert.deepEqual([bare.limit, bare.expires], [null, null]);
  });

  it('lists several, oldest first, whatever their names', async () => {
    const person = await Person.join(server);
    const made = [];
    for (const name of ['b', 'a', 'a', 'c'.repeat(100)]) made.push(await newKey(person, { name }));
    assert.equal(new Set(made.map(({ key }) => key)).size, 4);
    assert.deepEqual(
      (await keysOf(person)).map(({ id, name }) => [id, name]),
      made.map(({ id, name }) => [id, name]),
    );
    for (const { key } of made) await expectChats(server, key);
    assert.equal(await person.balance(), 3600);
    assert.deepEqual(
      (await keysOf(person)).map(({ spent }) => spent),
      [100, 100, 100, 100],
    );
  });

  it('answers with and without the trailing slash', async () => {
    const person = await Person.join(server);
    const { token } = person;
    const made = await server.post('/api/keys', { name: 'x' }, { token });
    assert.equal(made.status, 201, made.text);
    const second = await newKey(person);
    const listed = await server.request('GET', '/api/keys', { headers: bearer(token) });
    assert.equal(listed.json().keys.length, 2);
    assert.equal((await endKey(person, made.json().id, `/api/keys/${made.json().id}`)).status, 204);
    assert.equal((await endKey(person, second.id, `/api/keys/${second.id}/`)).status, 204);
    expectAnswer(await server.request('GET', '/api/keys/', { headers: bearer(token) }), 200, '{"keys":[]}');
  });

  it('refuses the 101st', async () => {
    const person = await Person.join(server);
    const [first] = await Promise.all(Array.from({ length: 100 }, (_, i) => newKey(person, { name: `key ${i}` })));
    assert.equal((await keysOf(person)).length, 100);
    const refused = await createKey(person, { name: 'one more' });
    expectAnswer(refused, 409, '{"detail":"An account can have 100 API keys; end one that is no longer used."}');
    assert.equal((await endKey(person, first.id)).status, 204);
    await newKey(person);
  });
});

describe('making an API key of fields that are wrong', () => {
  const server = Server.forSuite();
  const range = 'Ensure this value is from 0 to 9007199254740991.';
  const integer = 'A valid integer is required.';
  const format =
    'Datetime has wrong format. Use one of these formats instead: ' +
    'YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].';
  const past = 'Ensure this time is in the future.';

  for (const [fields, errors] of [
    ['{}', { name: 'This field is required.' }],
    ['{"name":null}', { name: 'This field may not be null.' }],
    ['{"name":""}', { name: 'This field may not be blank.' }],
    ['{"name":" \\t\\u2003"}', { name: 'This field may not be blank.' }],
    ['{"name":["x"]}', { name: 'Not a valid string.' }],
    [JSON.stringify({ name: 'x'.repeat(101) }), { name: 'Ensure this field has no more than 100 bytes.' }],
    [JSON.stringify({ name: 'ü'.repeat(51) }), { name: 'Ensure this field has no more than 100 bytes.' }],
    ['{"name":"x","limit":-1}', { limit: range }],
    ['{"name":"x","limit":9007199254740992}', { limit: range }],
    ['{"name":"x","limit":1.5}', { limit: integer }],
    ['{"name":"x","limit":"many"}', { limit: integer }],
    ['{"name":"x","limit":""}', { limit: integer }],
    ['{"name":"x","limit":true}', { limit: integer }],
    ['{"name":"x","limit":[1]}', { limit: integer }],
    ['{"name":"x","expires":"tomorrow"}', { expires: format }],
    ['{"name":"x","expires":"2199-02-30T00:00:00Z"}', { expires: format }],
    ['{"name":"x","expires":"2199-01-01T00:00:00"}', { expires: format }],
    ['{"name":"x","expires":"2199-01-01"}', { expires: format }],
    ['{"name":"x","expires":"2001-01-01T00:00:00Z"}', { expires: past }],
    ['{"name":"x","expires":7}', { expires: 'Not a valid string.' }],
    ['{"limit":"x","expires":"x"}', { name: 'This field is required.', limit: integer, expires: format }],
  ]) {
    it(`answers ${fields.slice(0, 50)} with 400 and a sentence for each`, async () => {
      const person = await Person.join(server);
      const body = Object.fromEntries(Object.entries(errors).map(([field, sentence]) => [field, [sentence]]));
      expectAnswer(await createKey(person, fields), 400, JSON.stringify(body));
      expectAnswer(await server.post('/api/keys/', fields, { token: MADE_UP }), 401, INVALID);
      assert.deepEqual(await keysOf(person), []);
    });
  }

  it('refuses who has no credential', async () => {
    expectAnswer(await server.post('/api/keys/', { name: 'x' }), 401, NOT_PROVIDED);
    expectAnswer(await server.request('GET', '/api/keys/'), 401, NOT_PROVIDED);
    expectAnswer(await server.request('DELETE', '/api/keys/1/'), 401, NOT_PROVIDED);
    expectAnswer(await server.request('DELETE', '/api/keys/x/', { headers: bearer(MADE_UP) }), 401, INVALID);
  });
});

describe('an API key', () => {
  const server = Server.forSuite();

  it('chats, and sees balance, account and statement', async () => {
    const person = await Person.join(server);
    const { key, id } = await newKey(person);
    assert.equal((await expectChats(server, key)).header('Parley-Balance'), '3900');
    assert.equal((await completionWith(server, key)).status, 200);
    for (const scheme of ['Token', 'bearer']) {
      const response = await server.post('/api/balance/', {}, { headers: { Authorization: `${scheme} ${key}` } });
      expectAnswer(response, 200, '{"token_balance":3800}');
    }
    expectAnswer(await server.post('/api/balance/', { token: key }), 200, '{"token_balance":3800}');
    const me = await server.request('GET', '/api/me/', { headers: bearer(key) });
    assert.equal(me.json().username, person.username);
    const statement = await server.request('GET', '/api/statement/', { headers: bearer(key) });
    assert.deepEqual(
      statement.json().entries.map((entry) => entry.key),
      [id, id, null],
    );
  });

  it('may not manage keys, log out, change the password or delete the account', async () => {
    const person = await Person.join(server);
    const { key, id } = await newKey(person);
    const headers = bearer(key);
    const passwords = { current_password: person.password, new_password: 'another battery horse' };
    for (const response of [
      await server.post('/api/keys/', { name: 'x' }, { headers }),
      await server.post('/api/keys/', { name: 'x', token: key }),
      await server.request('GET', '/api/keys/', { headers }),
      await server.request('DELETE', `/api/keys/${id}/`, { headers }),
      await server.request('DELETE', '/api/keys/999999/', { headers }),
      await server.post('/api/logout/', {}, { headers }),
      await server.post('/api/password/', passwords, { headers }),
      await server.post('/api/password/', { ...passwords, current_password: 'wrong' }, { headers }),
      await server.request('DELETE', '/api/me/', { headers }),
    ]) {
      expectAnswer(response, 403, FORBIDDEN);
    }
    await expectChats(server, key);
    assert.equal((await keysOf(person)).length, 1);
    await person.login();
  });

  it('goes on over logins, logouts, a new password and a restart', async (t) => {
    const own = await Server.startFor(t);
    const person = await Person.join(own);
    const { key } = await newKey(person);
    await person.login();
    await expectChats(own, key);
    assert.equal((await own.post('/api/logout/', {}, { token: person.token })).status, 200);
    await expectChats(own, key);
    await person.login();
    const next = 'another battery horse';
    const passwords = { current_password: person.password, new_password: next };
    assert.equal((await own.post('/api/password/', passwords, { token: person.token })).status, 200);
    await expectChats(own, key);
    await own.terminate();
    await own.start();
    await expectChats(own, key);
    await own.kill();
    await own.start();
    await expectChats(own, key);
    person.password = next;
    await person.login();
    const [listed] = await keysOf(person);
    assert.equal(listed.spent, 500);
    await expectSound(own, 5);
  });

  it('that was ended is no credential any more, also after a restart, and others go on', async (t) => {
    const own = await Server.startFor(t);
    const person = await Person.join(own);
    const [ended, other] = [await newKey(person), await newKey(person)];
    await expectChats(own, ended.key);
    expectAnswerless(await endKey(person, ended.id));
    const expectEnded = async () => {
      expectAnswer(await chatWith(own, ended.key), 401, INVALID);
      assert.equal((await completionWith(own, ended.key)).json().error.code, 'invalid_api_key');
      await expectChats(own, other.key);
    };
    await expectEnded();
    expectAnswer(await endKey(person, ended.id), 404, '{"detail":"There is no such API key."}');
    await own.kill();
    await own.start();
    await expectEnded();
    assert.deepEqual(
      (await keysOf(person)).map(({ id }) => id),
      [other.id],
    );
    await expectSound(own, 3);
  });

  it('that is ended while its chat is in flight still pays for that chat', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const own = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(own);
    const { key, id } = await newKey(person, { name: 'x', limit: 100 });
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const chat = chatWith(own, key);
    await arrived();
    expectAnswerless(await endKey(person, id));
    await expectChats(own, key, 401);
    release();
    assert.equal((await chat).status, 200);
    assert.equal(await person.balance(), 3900);
    await expectSound(own, 1);
  });

  it('of somebody else can neither be ended nor told from none', async () => {
    const [person, other] = [await Person.join(server), await Person.join(server)];
    const { key, id } = await newKey(other);
    for (const target of [id, 999999, 0, -1, 'x', '1x', '99999999999999999999']) {
      const response = await endKey(person, target);
      assert.equal(response.status, 404, `${target}: ${response.text}`);
    }
    const [theirs, nobodys] = [await endKey(person, id), await endKey(person, 999999)];
    assert.equal(theirs.text, nobodys.text);
    await expectChats(server, key);
    assert.deepEqual(await keysOf(person), []);
  });

  it('with the secret of another account is no credential', async () => {
    const [person, other] = [await Person.join(server), await Person.join(server)];
    const [mine, theirs] = [(await newKey(person)).key, (await newKey(other)).key];
    const [prefix, secret] = [mine.split('.')[0], theirs.split('.')[1]];
    const last = secret.at(-1) === 'A' ? 'B' : 'A';
    for (const text of [
      `${prefix}.${secret}`,
      theirs.slice(3),
      `sk-${person.token}`,
      `SK-${theirs.slice(3)}`,
      theirs.slice(0, -1) + last,
      'sk-',
      'sk-.',
    ]) {
      expectAnswer(await chatWith(server, text), 401, INVALID);
    }
  });

  it('tells when it was last used', async () => {
    const person = await Person.join(server);
    const { key } = await newKey(person);
    assert.equal((await keysOf(person))[0].last_used, null);
    const uses = [];
    for (let i = 0; i < 2; i += 1) {
      const before = Date.now();
      await server.post('/api/balance/', {}, { headers: bearer(key) });
      const [{ last_used }] = await keysOf(person);
      assert.match(last_used, TIME);
      uses.push(Date.parse(last_used));
      assert.ok(uses.at(-1) >= before - 1 && uses.at(-1) <= Date.now(), last_used);
      await delay(5);
    }
    assert.ok(uses[1] > uses[0], 'the second use is later');
    await person.chat();
    assert.equal(Date.parse((await keysOf(person))[0].last_used), uses[1], "a login token's use is not the key's");
  });

  it('is refused from the moment that it expires', async () => {
    const person = await Person.join(server);
    const expires = sooner(1_500);
    const { key, id } = await newKey(person, { name: 'short', expires });
    await expectChats(server, key);
    const refused = await eventually('the key to expire', async () => {
      const response = await server.post('/api/balance/', {}, { headers: bearer(key) });
      return response.status === 401 && Date.now();
    });
    assert.ok(refused >= Date.parse(expires), 'not before its time');
    assert.ok(refused < Date.parse(expires) + 5_000, 'nor long after');
    expectAnswer(await chatWith(server, key), 401, INVALID);
    assert.equal((await completionWith(server, key)).status, 401);
    assert.equal((await keysOf(person))[0].id, id, 'it is still listed');
    assert.equal((await endKey(person, id)).status, 204);
    assert.equal(await person.balance(), 3900);
  });

  it('ends where the operator disables the account, and stays so', async () => {
    const person = await Person.join(server);
    const { key } = await newKey(person);
    const user = async (command) => {
      const { code, stderr } = await parley(['user', command, person.username, '--data', server.folder]);
      assert.equal(code, 0, stderr);
    };
    await user('disable');
    expectAnswer(await chatWith(server, key), 401, INVALID);
    await user('enable');
    expectAnswer(await chatWith(server, key), 401, INVALID);
    await person.login();
    assert.deepEqual(await keysOf(person), []);
  });

  it('keeps turns that verify finds sound', () => expectSound(server));
});

describe('the limit of an API key', () => {
  const server = Server.forSuite({ settings: { 'account-requests': 1_000 } });

  for (const [limit, chats] of [
    [0, 0],
    [99, 0],
    [100, 1],
    [299, 2],
    [300, 3],
  ]) {
    it(`of ${limit} covers ${chats} chats of 100, and no other`, async () => {
      const person = await Person.join(server);
      const { key } = await newKey(person, { name: 'x', limit });
      for (let i = 0; i < chats; i += 1) await expectChats(server, key);
      const refused = await expectChats(server, key, 402);
      expectAnswer(refused, 402, LIMIT_REACHED);
      assert.equal(refused.header('Parley-Balance'), String(4000 - 100 * chats));
      assert.equal(refused.header('Retry-After'), undefined);
      for (const stream of [false, true]) {
        const completion = await completionWith(server, key, { stream });
        assert.equal(completion.status, 402, completion.text);
        assert.equal(
          completion.text,
          '{"error":{"message":"This API key\'s limit is reached.","type":"insufficient_quota","param":null,' +
            `"code":"key_limit_reached","metadata":{"required":100,"available":${limit - 100 * chats},"held":0}}}`,
        );
      }
      const streamed = await server.post('/api/chat/', { message: 'Hi', stream: true }, { token: key });
      expectAnswer(streamed, 402, LIMIT_REACHED);
      assert.equal((await keysOf(person))[0].spent, 100 * chats);
      assert.equal((await person.chat()).status, 200, 'the account itself is not limited');
    });
  }

  it('comes after the balance of the account', async (t) => {
    const own = await Server.startFor(t, { settings: { 'starting-balance': 100 } });
    const person = await Person.join(own);
    const { key } = await newKey(person, { name: 'x', limit: 100 });
    await expectChats(own, key);
    expectAnswer(await chatWith(own, key), 402, '{"error":"Insufficient tokens"}');
    const completion = (await completionWith(own, key)).json();
    assert.equal(completion.error.code, 'insufficient_balance');
  });

  it('is never passed by 50 chats at once', async () => {
    const person = await Person.join(server);
    const { key } = await newKey(person, { name: 'x', limit: 1_050 });
    const responses = await race(server, 50, 200, chatAs(key));
    assert.deepEqual(statusesOf(responses), { 200: 10, 402: 190 });
    const [listed] = await keysOf(person);
    assert.equal(listed.spent, 1_000);
    assert.equal(await person.balance(), 3_000);
  });

  it('is never passed by 50 chats at once with two keys and a token, each in its own', async () => {
    const person = await Person.join(server);
    const keys = [await newKey(person, { name: 'x', limit: 700 }), await newKey(person, { name: 'y', limit: 1_100 })];
    const askers = [...keys.map(({ key }) => key), person.token].map(chatAs);
    const responses = await race(server, 50, 300, (connection, index) => askers[index % 3](connection, index));
    assert.equal(statusesOf(responses)[200], 40, 'the balance covers 40, the token takes what is left');
    assert.deepEqual(
      (await keysOf(person)).map(({ spent }) => spent),
      [700, 1_100],
    );
    assert.equal(await person.balance(), 0);
  });

  it('counts what is held, says when to come back, and frees it where the engine fails', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const own = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(own);
    const { key } = await newKey(person, { name: 'x', limit: 100 });
    const { cue, release, arrived } = held();
    upstream.script((request, response) => response.socket.destroy(), cue);
    const chat = chatWith(own, key);
    await arrived();
    const refused = await expectChats(own, key, 402);
    expectAnswer(refused, 402, LIMIT_REACHED);
    assert.match(refused.header('Retry-After'), /^[1-9]\d*$/);
    const completion = await completionWith(own, key, { model: 'scripted' });
    assert.deepEqual(completion.json().error.metadata, { required: 100, available: 0, held: 100 });
    release();
    assert.equal((await chat).status, 200);
    await expectChats(own, key, 402);
    await expectSound(own, 1);
  });

  it('survives kill -9', async (t) => {
    const own = await Server.startFor(t);
    const person = await Person.join(own);
    const { key } = await newKey(person, { name: 'x', limit: 200 });
    await expectChats(own, key);
    await own.kill();
    await own.start();
    await expectChats(own, key);
    await expectChats(own, key, 402);
    await expectSound(own, 2);
  });

  it('keeps turns that verify finds sound', () => expectSound(server));
});

describe('the text of an API key', () => {
  it('is in no log line and in no file', async (t) => {
    const server = await Server.startFor(t, { settings: { 'log-level': 'debug' } });
    const person = await Person.join(server);
    const { key, id } = await newKey(person, { name: 'x', limit: 100 });
    await expectChats(server, key);
    await expectChats(server, key, 402);
    await server.post('/api/chat/', { token: key, message: 'Hi' });
    await server.request('GET', '/api/keys/', { headers: bearer(key) });
    await server.request('GET', `/api/me/?token=${key}`);
    await endKey(person, id);
    await expectChats(server, key, 401);
    const data = [everyByteOf(server.folder)];
    await server.terminate();
    data.push(everyByteOf(server.folder));
    for (const secret of [key, key.slice(3), key.split('.')[1]]) {
      assert.ok(!server.log.includes(secret), 'the log has the key');
      for (const bytes of data) assert.ok(!bytes.includes(secret), 'the data folder has the key');
    }
    assert.ok(server.log.includes('/api/keys/'), 'the log is at debug');
    assert.ok(data[1].includes(person.username), 'the data was read');
  });
});

/** 204 has no body, but the headers that are on every response. */
function expectAnswerless(response) {
  assert.equal(`${response.status} ${response.text}`, '204 ');
  assert.equal(response.header('cache-control'), 'no-store');
  assert.ok(response.header('request-id'));
}
