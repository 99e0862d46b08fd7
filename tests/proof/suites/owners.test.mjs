// What belongs to an account is there for nobody else, on every route of the document: another's ids are answered as
// ids that nobody has, ended credentials as unknown ones, and an API key does nothing that only a login may.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { document, OPERATIONS, Part } from '../../e2e/harness/contract.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { newKey } from '../../e2e/harness/keys.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { parley, Server } from '../../e2e/harness/server.mjs';
import { wholeAnswer } from '../harness/whole_answer.mjs';

const OPENAI = { model: 'offline', messages: [{ role: 'user', content: 'Hello' }] };
const NOBODYS_ID = 999_999_999; // as long as the ids here may get, and longer

/**
 * Every operation: who may ask (`public`, `anyone` with a credential, `login` only), a good body where it takes one,
 * and what it names that has an owner.
 */
const CASES = {
  'POST /api/register/': { who: 'public' },
  'POST /api/login/': { who: 'public' },
  'POST /api/logout/': { who: 'login', body: {} },
  'POST /api/password/': { who: 'login', body: { current_password: 'x', new_password: 'correct horse' } },
  'GET /api/me/': { who: 'anyone' },
  'PATCH /api/me/': { who: 'login', body: { daily_limit: 5 } },
  'DELETE /api/me/': { who: 'login' },
  'POST /api/chat/': { who: 'anyone', body: { message: 'Hello' }, names: ['conversation', 'Idempotency-Key'] },
  'POST /api/quote/': { who: 'anyone', body: { message: 'Hello' }, names: ['conversation'] },
  'GET /api/models/': { who: 'anyone' },
  'GET /api/conversations/': { who: 'anyone', names: ['cursor', 'q'] },
  'GET /api/conversations/{id}/': { who: 'anyone', names: ['id', 'cursor'] },
  'PATCH /api/conversations/{id}/': { who: 'anyone', body: { title: 'Mine' }, names: ['id'] },
  'DELETE /api/conversations/{id}/': { who: 'anyone', names: ['id'] },
  'POST /api/balance/': { who: 'anyone', body: {} },
  'GET /api/balance/stream': { who: 'anyone', streams: true },
  'GET /api/statement/': { who: 'anyone', names: ['cursor'] },
  'GET /api/keys/': { who: 'login' },
  'POST /api/keys/': { who: 'login', body: { name: 'mine' } },
  'PATCH /api/keys/{id}/': { who: 'login', body: { daily_limit: 5 }, names: ['id'] },
  'DELETE /api/keys/{id}/': { who: 'login', names: ['id'] },
  'POST /v1/chat/completions': { who: 'anyone', body: OPENAI, names: ['Idempotency-Key'] },
  'GET /v1/models': { who: 'anyone' },
  'GET /v1/models/{id}': { who: 'anyone', id: 'offline' }, // a model's name has no owner
  'GET /healthz': { who: 'public' },
  'GET /readyz': { who: 'public' },
  'GET /metrics': { who: 'public' }, // of this machine, or with a token of its own: tests/e2e/suites/metrics.test.mjs
  'GET /openapi.json': { who: 'public' },
  'GET /docs': { who: 'public' },
};

/** Fields and parameters of the document that name nothing with an owner, or are the credential itself. */
const OWNERLESS = new Set([
  ...['token', 'username', 'password', 'invitation', 'current_password', 'new_password'],
  ...['message', 'messages', 'model', 'stream', 'stream_options', 'n', 'limit', 'daily_limit', 'expires', 'format'],
  ...['title', 'name'],
]);

const entriesOf = (who) => Object.entries(CASES).filter(([, one]) => who.includes(one.who));

function send(server, name, { token, id, query = '', headers = {}, body }) {
  const [method, pattern] = name.split(' ');
  const one = CASES[name];
  const fields = body ?? one.body;
  const credential = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return wholeAnswer(server, method, pattern.replace('{id}', id ?? one.id ?? 1) + query, {
    headers: { ...credential, ...(fields ? { 'Content-Type': 'application/json' } : {}), ...headers },
    body: fields && JSON.stringify(fields),
  });
}

/** An answer with all that is not another one each time. */
function comparable({ status, headers, text }) {
  const { date, 'request-id': id, 'x-request-id': openaiId, ...others } = headers;
  assert.ok(date && id, 'every answer has these');
  assert.equal(openaiId ?? id, id);
  return JSON.stringify([status, text, others]);
}

const ok = (response) => {
  assert.ok(response.status < 300, response.text);
  return response;
};

/** Everything that an account can see of itself, except when a credential was last used. */
async function stateOf(server, { token }, conversations) {
  const targets = ['GET /api/me/', 'GET /api/statement/', 'GET /api/conversations/', 'GET /api/keys/'];
  const answers = await Promise.all(targets.map((name) => send(server, name, { token })));
  const whole = conversations.map((id) => send(server, 'GET /api/conversations/{id}/', { token, id }));
  return [...answers, ...(await Promise.all(whole))].map((response) => ok(response).text).join('\n');
}

describe('the cases', () => {
  it('are the routes of the document, every one', () => {
    assert.deepEqual(Object.keys(CASES).sort(), OPERATIONS.map(({ name }) => name).sort());
  });

  it('know every parameter and field of the document, and which of them name what has an owner', () => {
    for (const { name, part } of OPERATIONS) {
      const parameters = part.below('parameters')?.entries.map(([, each]) => each.value.name) ?? [];
      const content = part.below('requestBody', 'content', 'application/json', 'schema');
      const schema = content && Part.at(content.value.$ref ?? content.pointer);
      const fields = Object.keys(schema?.value.properties ?? {});
      const named = [...parameters, ...fields].filter((each) => !OWNERLESS.has(each));
      const known = CASES[name].id === undefined ? (CASES[name].names ?? []) : ['id'];
      assert.deepEqual(named.sort(), [...known].sort(), name);
    }
  });

  it('ask for a credential where the document does', () => {
    for (const { name, part } of OPERATIONS) {
      const schemes = (part.value.security ?? document.security ?? []).flatMap((each) => Object.keys(each));
      assert.equal(CASES[name].who !== 'public', schemes.includes('bearer'), name);
      const refusesKeys = schemes.includes('bearer') && '403' in part.value.responses;
      assert.equal(CASES[name].who === 'login', refusesKeys, name);
    }
  });
});

describe('a method that the document does not have', () => {
  const server = Server.forSuite();

  it('is refused on every path', async () => {
    const { token } = await Person.join(server);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        if (method.toLowerCase() in item) continue;
        const headers = { Authorization: `Bearer ${token}` };
        const response = await wholeAnswer(server, method, path.replace('{id}', 'offline'), { headers });
        assert.equal(response.status, 405, `${method} ${path}`);
        const allowed = response.headers.allow.toLowerCase().split(/, */);
        assert.deepEqual(allowed.filter((one) => one !== 'head').sort(), Object.keys(item).sort(), path);
      }
    }
  });
});

describe("another account's", () => {
  const server = Server.forSuite();
  let owner;
  let stranger;
  let first;
  let second;
  let key;

  before(async () => {
    owner = await Person.join(server);
    const chat = ok(await send(server, 'POST /api/chat/', { token: owner.token, headers: { 'Idempotency-Key': 'k' } }));
    first = Number(chat.headers['parley-conversation']);
    await send(server, 'POST /api/chat/', { token: owner.token, body: { message: 'On', conversation: first } });
    second = Number(ok(await owner.chat('Words of the owner')).header('Parley-Conversation'));
    key = await newKey(owner);
  });

  /** Each time a new stranger asks, who has nothing that could be found by accident. */
  async function expectAsIfNobodys(name, withThis, withNobodys, statuses) {
    const before = await stateOf(server, owner, [first, second]);
    const answers = [];
    for (const options of [withThis, withNobodys]) {
      stranger = await Person.join(server);
      answers.push(await send(server, name, { token: stranger.token, ...options }));
    }
    assert.ok(statuses.includes(answers[0].status), `${name}: ${answers[0].status} ${answers[0].text}`);
    assert.equal(comparable(answers[0]), comparable(answers[1]), name);
    assert.equal(await stateOf(server, owner, [first, second]), before, 'the owner has lost or gained nothing');
    return answers[0];
  }

  for (const [name, { names = [] }] of Object.entries(CASES)) {
    if (names.includes('id')) {
      it(`id is nobody's to ${name}`, async () => {
        const ids = name.includes('keys') ? [key.id] : [first, second];
        for (const id of ids) await expectAsIfNobodys(name, { id }, { id: NOBODYS_ID }, [404]);
      });
    }
  }

  it('conversation is none that a message could go on with, or a quote be of', async () => {
    for (const name of ['POST /api/chat/', 'POST /api/quote/']) {
      for (const conversation of [first, second]) {
        for (const stream of name.includes('chat') ? [false, true] : [undefined]) {
          const body = (id) => ({ body: { message: 'Hello', conversation: id, stream } });
          await expectAsIfNobodys(name, body(conversation), body(NOBODYS_ID), [404]);
          assert.equal(await stranger.balance(), 4000);
        }
      }
    }
  });

  it('later turn is no conversation either', async () => {
    const body = (id) => ({ body: { message: 'Hello', conversation: id } });
    await expectAsIfNobodys('POST /api/chat/', body(first + 1), body(NOBODYS_ID), [404]);
    await expectAsIfNobodys('GET /api/conversations/{id}/', { id: first + 1 }, { id: NOBODYS_ID }, [404]);
  });

  it('cursor shows nothing of the other', async () => {
    for (const [name, cursors] of [
      ['GET /api/conversations/', [first, second, second + 1]],
      ['GET /api/statement/', [2, 3, 4]],
    ]) {
      for (const cursor of cursors) {
        const { text } = ok(await send(server, name, { token: stranger.token, query: `?cursor=${cursor}` }));
        assert.ok(!/Words of|Hello|charge/.test(text), text);
      }
    }
    const cursor = (at) => ({ query: `?cursor=${at}` });
    await expectAsIfNobodys('GET /api/conversations/', cursor(second), cursor(NOBODYS_ID), [200]);
    const mine = ok(await stranger.chat('Mine')).header('Parley-Conversation');
    const own = { token: stranger.token, id: mine };
    const shown = ok(await send(server, 'GET /api/conversations/{id}/', { ...own, ...cursor(second) }));
    assert.deepEqual(shown.json().turns, [], 'turns before that of the other: none');
    await expectAsIfNobodys(
      'GET /api/conversations/{id}/',
      { id: first, ...cursor(second) },
      { id: NOBODYS_ID, ...cursor(NOBODYS_ID) },
      [404],
    );
  });

  it('words are not found', async () => {
    const q = (words) => ({ query: `?q=${words}` });
    await expectAsIfNobodys('GET /api/conversations/', q('owner'), q('nobody'), [200]);
    const found = ok(await send(server, 'GET /api/conversations/', { token: owner.token, ...q('owner') }));
    assert.equal(found.json().conversations.length, 1, 'the owner finds them');
  });

  it('idempotency key is a new one', async () => {
    for (const name of ['POST /api/chat/', 'POST /v1/chat/completions']) {
      const before = await stateOf(server, owner, [first, second]);
      stranger = await Person.join(server);
      const headers = { 'Idempotency-Key': 'k' };
      const response = ok(await send(server, name, { token: stranger.token, headers }));
      assert.equal(response.headers['idempotency-replayed'], undefined);
      assert.equal(await stranger.balance(), 3900, 'charged to who asked');
      assert.notEqual(Number(response.headers['parley-turn']), first);
      assert.equal(await stateOf(server, owner, [first, second]), before);
    }
    const again = { token: owner.token, headers: { 'Idempotency-Key': 'k' } };
    const replayed = ok(await send(server, 'POST /api/chat/', again));
    assert.equal(replayed.headers['idempotency-replayed'], 'true');
  });
});

describe('a credential that has ended', () => {
  const server = Server.forSuite();
  const user = (...args) => parley(['user', ...args, '--data', server.folder]);

  async function endedCredentials() {
    const ended = {};
    const replaced = await Person.join(server);
    ended['a login token that a new login replaced'] = replaced.token;
    await replaced.login();
    const out = await Person.join(server);
    ended['a login token after the logout'] = out.token;
    ok(await send(server, 'POST /api/logout/', { token: out.token }));
    const changed = await Person.join(server);
    ended['a login token after the password was changed'] = changed.token;
    const body = { current_password: changed.password, new_password: 'another horse' };
    ok(await send(server, 'POST /api/password/', { token: changed.token, body }));
    for (const [how, end] of [
      ['disabled', (person) => user('disable', person.username)],
      ['deleted', (person) => send(server, 'DELETE /api/me/', { token: person.token })],
    ]) {
      const person = await Person.join(server);
      ended[`a login token of an account that was ${how}`] = person.token;
      ended[`an API key of an account that was ${how}`] = (await newKey(person)).key;
      await end(person);
    }
    const reset = await Person.join(server);
    ended['a login token after the password was reset'] = reset.token;
    await user('reset-password', reset.username);
    const keys = await Person.join(server);
    const revoked = await newKey(keys);
    ended['an API key that was ended'] = revoked.key;
    ok(await send(server, 'DELETE /api/keys/{id}/', { token: keys.token, id: revoked.id }));
    const expired = await newKey(keys, { name: 'brief', expires: new Date(Date.now() + 1_500).toISOString() });
    ended['an API key that has expired'] = expired.key;
    await eventually('the key to expire', async () => {
      return (await send(server, 'GET /api/me/', { token: expired.key })).status === 401;
    });
    const other = (text) => text.slice(0, -1) + (text.endsWith('A') ? 'Q' : 'A');
    ended['a login token with one character changed'] = other(keys.token);
    ended["a login token with another account's number"] = `${out.token.split('.')[0]}.${keys.token.split('.')[1]}`;
    ended['a login token that says it is an API key'] = `sk-${keys.token}`;
    ended['an API key that says it is a login token'] = (await newKey(keys)).key.slice('sk-'.length);
    ended['no credential that anybody had'] = '1.AAAAAAAAAAAAAAAAAAAAAA';
    return ended;
  }

  it('is refused as an unknown one on every route, wherever it stands', async (t) => {
    const ended = await endedCredentials();
    let asked = 0;
    for (const [name, { body }] of entriesOf(['anyone', 'login'])) {
      const expected = comparable(await send(server, name, { token: '1.AAAAAAAAAAAAAAAAAAAAAA' }));
      assert.match(expected, /^\[401,/, name);
      for (const [what, token] of Object.entries(ended)) {
        const places = [{ token }, { headers: { Authorization: `Token ${token}` } }];
        if (body !== undefined && !name.includes('/v1/')) places.push({ body: { ...body, token } });
        for (const place of places) {
          assert.equal(comparable(await send(server, name, place)), expected, `${name} with ${what}`);
          asked += 1;
        }
      }
    }
    t.diagnostic(`${asked} requests with ${Object.keys(ended).length} credentials`);
  });

  it('is refused where there is none at all', async () => {
    for (const [name] of entriesOf(['anyone', 'login'])) assert.equal((await send(server, name, {})).status, 401, name);
  });

  it('would have been accepted before', async () => {
    const person = await Person.join(server);
    const { key } = await newKey(person);
    for (const [name, { streams }] of entriesOf(['anyone'])) {
      if (streams) continue; // it has no end
      for (const token of [person.token, key]) {
        const { status } = await send(server, name, { token });
        assert.ok(status !== 401 && status !== 403, `${name}: ${status}`);
      }
    }
  });
});

describe('an API key', () => {
  const server = Server.forSuite();

  it('is refused with 403 where only a login may, and nothing comes of it', async () => {
    const person = await Person.join(server);
    const { key, id } = await newKey(person);
    const before = await stateOf(server, person, []);
    for (const [name, { body }] of entriesOf(['login'])) {
      for (const place of [{ token: key }, ...(body ? [{ body: { ...body, token: key } }] : [])]) {
        const response = await send(server, name, { id, ...place });
        assert.equal(response.status, 403, `${name}: ${response.text}`);
        assert.equal(response.text, `{"detail":"An API key can't do this; log in."}`);
      }
    }
    assert.equal((await stateOf(server, person, [])).replace(/"last_used":"[^"]+"/, '"last_used":null'), before);
    await new Person(server, person.username).login();
  });
});
