// The header Idempotency-Key: a request sent again is answered again, and neither asked nor charged again.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { chunk, chunksOf, steered, streamed, usageChunk } from '../harness/completion_cues.mjs';
import { eventually } from '../harness/eventually.mjs';
import { expectSound } from '../harness/figures.mjs';
import { newKey } from '../harness/keys.mjs';
import { Person } from '../harness/people.mjs';
import { statusesOf } from '../harness/race.mjs';
import { parley, Server } from '../harness/server.mjs';
import { completion, CUES, held, Upstream } from '../harness/upstream.mjs';
import { ask, eventsOf } from '../harness/whole_answer.mjs';

const SETTINGS = { 'engine-first-byte-seconds': 2, 'engine-whole-seconds': 5 };
const KEY = 'order-1';
const MESSAGE = 'Grüße 😀';
const PIECES = ['Once', ' upon', ' a 😀', ' time.'];
const TURN_HEADERS = ['Parley-Balance', 'Parley-Charge', 'Parley-Turn'];

const json = (value) => JSON.stringify(value);

/** The four requests that may have a key. */
const REQUESTS = {
  'a chat': { target: '/api/chat/', fields: { message: MESSAGE } },
  'a streamed chat': { target: '/api/chat/', fields: { message: MESSAGE, stream: true } },
  'a completion': {
    target: '/v1/chat/completions',
    fields: { model: 'scripted', messages: [{ role: 'user', content: MESSAGE }] },
  },
  'a streamed completion': {
    target: '/v1/chat/completions',
    fields: { model: 'scripted', messages: [{ role: 'user', content: MESSAGE }], stream: true },
  },
};

const isStream = (fields) => fields.stream === true;
const isChat = (target) => target === '/api/chat/';

/** Other fields than these, but a good request. */
function otherFields({ target, fields }) {
  if (isChat(target)) return { ...fields, message: `${fields.message}.` };
  return { ...fields, messages: [{ role: 'user', content: 'Something else' }] };
}

function send(server, { target, fields }, { token, key = KEY, headers = {} }) {
  return ask(server, 'POST', target, {
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${token}`,
      ...(key === null ? {} : { 'Idempotency-Key': key }),
      ...headers,
    },
    body: typeof fields === 'string' ? fields : json(fields),
  });
}

/** A cue that answers as it is asked: whole, or as a stream. */
function either(request, response) {
  if (JSON.parse(request.body).stream) streamed(chunksOf(...PIECES))(request, response);
  else CUES.ok(request, response);
}

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  upstream.otherwise = either;
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...SETTINGS, ...settings } });
  return { upstream, server, person: await Person.join(server) };
}

async function credit(server, person, amount) {
  const { code, stderr } = await parley(['user', 'credit', person.username, String(amount), '--data', server.folder]);
  assert.equal(code, 0, stderr);
}

function expectFirst(response) {
  assert.equal(response.status, 200, response.text);
  assert.equal(response.header('Idempotency-Replayed'), undefined);
}

/** The answer to the same request, once more. */
function expectReplay(again, first, { target, fields }) {
  assert.equal(again.status, 200, again.text);
  assert.equal(again.header('Idempotency-Replayed'), 'true');
  assert.equal(again.header('content-type'), first.header('content-type'));
  if (!isStream(fields)) {
    for (const name of TURN_HEADERS) assert.equal(again.header(name), first.header(name), name);
  }
  if (isStream(fields) && isChat(target)) {
    const done = eventsOf(first.text).at(-1);
    assert.equal(done.event, 'done');
    const delta = { event: 'delta', data: json({ text: JSON.parse(done.data).response }) };
    assert.deepEqual(eventsOf(again.text), [delta, done]);
  } else {
    assert.equal(again.text, first.text);
  }
}

/** The refusal with this status, in the endpoint's own shape. */
function expectRefusal(response, status, { target }, { detail, code }) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.header('Idempotency-Replayed'), undefined);
  if (isChat(target)) assert.equal(response.text, json({ detail }));
  else assert.equal(response.json().error.code, code, response.text);
}

const IN_FLIGHT = { detail: 'A request with this idempotency key is in flight.', code: 'request_in_flight' };
const REUSED = { detail: 'This idempotency key was used with another request.', code: 'idempotency_key_reused' };

function expectInFlight(response, request) {
  expectRefusal(response, 409, request, IN_FLIGHT);
  assert.match(response.header('Retry-After'), /^[1-9]\d*$/);
}

for (const [what, request] of Object.entries(REQUESTS)) {
  describe(`${what} with an idempotency key`, () => {
    it('that is sent again has its first answer again, for one charge and one call of the engine', async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const { token } = person;
      const first = await send(server, request, { token });
      expectFirst(first);
      for (let i = 0; i < 3; i += 1) {
        expectReplay(await send(server, request, { token }), first, request);
      }
      assert.equal(upstream.requests.length, 1);
      assert.equal(await person.balance(), 3900);
      expectFirst(await send(server, request, { token, key: 'order-2' }));
      expectFirst(await send(server, request, { token, key: KEY.toUpperCase() }));
      expectFirst(await send(server, request, { token, key: null }));
      assert.equal(upstream.requests.length, 4);
      assert.equal(await person.balance(), 3600);
      expectReplay(await send(server, request, { token }), first, request);
      await expectSound(server, 4);
    });

    it('has its answer again at balance 0, at the limit of a key, and after kill -9', async (t) => {
      const { upstream, server, person } = await serverWith(t, { 'starting-balance': 100 });
      const { key: token } = await newKey(person, { name: 'x', limit: 100 });
      const first = await send(server, request, { token });
      expectFirst(first);
      assert.equal(await person.balance(), 0);
      expectReplay(await send(server, request, { token }), first, request);
      await server.kill();
      await server.start();
      expectReplay(await send(server, request, { token }), first, request);
      assert.equal((await send(server, request, { token, key: 'order-2' })).status, 402);
      assert.equal(upstream.requests.length, 1);
      assert.equal(await person.balance(), 0);
      await expectSound(server, 1);
    });

    it('is one for all credentials of the account, and none for another account', async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const first = await send(server, request, { token: person.token });
      const old = person.token;
      await person.login();
      expectReplay(await send(server, request, { token: person.token }), first, request);
      expectReplay(await send(server, request, { token: (await newKey(person)).key }), first, request);
      assert.equal((await send(server, request, { token: old })).status, 401, 'an ended token reads nothing');
      const other = await Person.join(server);
      expectFirst(await send(server, request, { token: other.token }));
      expectRefusal(await send(server, { ...request, fields: otherFields(request) }, other), 422, request, REUSED);
      assert.equal(upstream.requests.length, 2);
      assert.equal(await other.balance(), 3900);
      await expectSound(server, 2);
    });

    it('with other fields is refused with 422, and charges nothing', async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const first = await send(server, request, person);
      expectFirst(first);
      const { fields, target } = request;
      const toggled = { target, fields: { ...fields, stream: !isStream(fields) } };
      const [other] = Object.values(REQUESTS).filter((each) => each.target !== target);
      for (const changed of [{ target, fields: otherFields(request) }, toggled, other]) {
        expectRefusal(await send(server, changed, person), 422, changed, REUSED);
      }
      expectReplay(await send(server, request, person), first, request);
      assert.equal(upstream.requests.length, 1);
      assert.equal(await person.balance(), 3900);
      await expectSound(server, 1);
    });

    it('is refused with 409 while the first is in flight', async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const engine = isStream(request.fields) ? steered() : held();
      upstream.script(engine.cue);
      const first = send(server, request, person);
      await engine.arrived();
      for (let i = 0; i < 3; i += 1) expectInFlight(await send(server, request, person), request);
      const changed = { ...request, fields: otherFields(request) };
      expectRefusal(await send(server, changed, person), 422, request, REUSED);
      assert.equal(await person.balance(), 3900, 'one hold');
      if (isStream(request.fields)) {
        engine.send(...chunksOf(...PIECES));
        engine.finish();
      } else {
        engine.release();
      }
      expectFirst(await first);
      expectReplay(await send(server, request, person), await first, request);
      assert.equal(upstream.requests.length, 1);
      await expectSound(server, 1);
    });

    it('is free again after 402', async (t) => {
      const { upstream, server, person } = await serverWith(t, { 'starting-balance': 50 });
      for (let i = 0; i < 2; i += 1) assert.equal((await send(server, request, person)).status, 402);
      await credit(server, person, 50);
      const first = await send(server, request, person);
      expectFirst(first);
      expectReplay(await send(server, request, person), first, request);
      assert.equal(upstream.requests.length, 1);
      assert.equal(await person.balance(), 0);
      await expectSound(server, 1);
    });

    for (const cue of ['error500', 'hang', 'unauthorized']) {
      it(`is free again where the engine fails with ${cue}, for another request, too`, async (t) => {
        const { upstream, server, person } = await serverWith(t, { 'engine-first-byte-seconds': 1 });
        upstream.script(CUES[cue]);
        assert.ok([502, 504].includes((await send(server, request, person)).status));
        const changed = { ...request, fields: otherFields(request) };
        const first = await send(server, changed, person);
        expectFirst(first);
        expectReplay(await send(server, changed, person), first, changed);
        expectRefusal(await send(server, request, person), 422, request, REUSED);
        assert.equal(await person.balance(), 3900);
        await expectSound(server, 1);
      });
    }

    it('is free again where kill -9 took the first, which was not charged', async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const waiting = isStream(request.fields) ? steered() : held();
      upstream.script(waiting.cue);
      const lost = send(server, request, person).then(assert.fail, (error) => error);
      await waiting.arrived();
      await server.kill();
      await lost;
      await server.start();
      const first = await send(server, request, person);
      expectFirst(first);
      expectReplay(await send(server, request, person), first, request);
      assert.equal(await person.balance(), 3900);
      await expectSound(server, 1);
    });

    if (isStream(request.fields)) {
      it('is free again where its client left before the first word', async (t) => {
        const { upstream, server, person } = await serverWith(t, { 'engine-first-byte-seconds': 60 });
        const engine = steered();
        upstream.script(engine.cue);
        const connection = await server.connect();
        const headers = { 'Content-Type': 'application/json', Authorization: `Token ${person.token}` };
        const body = json(request.fields);
        const lost = connection
          .request('POST', request.target, { headers: { ...headers, 'Idempotency-Key': KEY }, body })
          .catch(() => 'left');
        await engine.arrived();
        connection.destroy();
        await lost;
        await engine.closed();
        const first = await eventually('the key to be free', async () => {
          const response = await send(server, request, person);
          return response.status === 409 ? null : response;
        });
        expectFirst(first);
        expectReplay(await send(server, request, person), first, request);
        assert.equal(upstream.requests.length, 2);
        assert.equal(await person.balance(), 3900);
        await expectSound(server, 1);
      });
    }

    for (const [why, key] of [
      ['it is empty', ''],
      ['it has 256 characters', 'x'.repeat(256)],
      ['it is not ASCII', 'schlüssel'],
      ['it has a tab', 'a\tb'],
    ]) {
      it(`is refused with 400 where ${why}, and nothing is charged`, async (t) => {
        const { upstream, server, person } = await serverWith(t);
        const response = await send(server, request, { token: person.token, key });
        assert.equal(response.status, 400, response.text);
        const sentence = 'Ensure there is one header Idempotency-Key, of 1 to 255 printable ASCII characters.';
        if (isChat(request.target)) {
          assert.equal(response.text, json({ 'Idempotency-Key': [sentence] }));
        } else {
          assert.equal(response.json().error.message, sentence);
          assert.equal(response.json().error.param, 'Idempotency-Key');
        }
        assert.equal((await send(server, request, { token: '1.AAAAAAAAAAAAAAAAAAAAAA', key })).status, 401);
        assert.equal(upstream.requests.length, 0);
        assert.equal(await person.balance(), 4000);
      });
    }

    it('may have 255 characters, of all that are printable', async (t) => {
      const { upstream, server, person } = await serverWith(t);
      const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join('');
      for (const key of ['x', printable, 'two words', 'y'.repeat(255), `${'y'.repeat(254)}z`]) {
        const first = await send(server, request, { token: person.token, key });
        expectFirst(first);
        expectReplay(await send(server, request, { token: person.token, key }), first, request);
      }
      assert.equal(upstream.requests.length, 5);
      await expectSound(server, 5);
    });

    it('sent 50 times at once calls the engine once and charges once', async (t) => {
      const { upstream, server, person } = await serverWith(t, { 'account-requests': 100 });
      const atOnce = () => Promise.all(Array.from({ length: 50 }, () => send(server, request, person)));
      const responses = [...(await atOnce()), ...(await atOnce())];
      const { 200: answered, 409: refused = 0 } = statusesOf(responses);
      assert.equal(answered + refused, 100);
      assert.ok(answered >= 51, 'the first, and all that came later');
      const firsts = responses.filter(
        (response) => response.status === 200 && response.header('Idempotency-Replayed') === undefined,
      );
      assert.equal(firsts.length, 1);
      for (const response of responses) {
        if (response.status === 409) expectInFlight(response, request);
        else if (response !== firsts[0]) expectReplay(response, firsts[0], request);
      }
      assert.equal(upstream.requests.length, 1);
      assert.equal(await person.balance(), 3900);
      await expectSound(server, 1);
    });
  });
}

describe('the same chat under one idempotency key', () => {
  const server = Server.forSuite();

  /** Chats with a key of its own per person; the body as it is given. */
  async function expectSame(...ways) {
    const person = await Person.join(server);
    let first;
    for (const way of ways) {
      const { type = 'application/json', body, headers } = way(person.token);
      const response = await ask(server, 'POST', '/api/chat/', {
        headers: { 'Content-Type': type, 'Idempotency-Key': KEY, ...headers },
        body,
      });
      if (first) expectReplay(response, first, REQUESTS['a chat']);
      else expectFirst(response);
      first ??= response;
    }
    assert.equal(await person.balance(), 3900);
  }

  const form = 'application/x-www-form-urlencoded';
  const inHeader = (token) => ({ Authorization: `Token ${token}` });

  it('may come as JSON or as a form, with the token in the header or the body', () =>
    expectSame(
      (token) => ({ body: json({ message: MESSAGE }), headers: inHeader(token) }),
      (token) => ({ body: json({ message: MESSAGE, token }) }),
      (token) => ({ body: json({ token, message: MESSAGE }) }),
      (token) => ({ type: form, body: `message=${encodeURIComponent(MESSAGE)}`, headers: inHeader(token) }),
      (token) => ({ type: form, body: `token=${encodeURIComponent(token)}&message=${encodeURIComponent(MESSAGE)}` }),
      (token) => ({ body: json({ message: MESSAGE, token: 'ignored' }), headers: inHeader(token) }),
    ));

  it('may have its members in any order, its white space and its escapes in any way', () =>
    expectSame(
      (token) => ({ body: '{"message":"ü/\\n","other":[1,{"a":null}]}', headers: inHeader(token) }),
      (token) => ({ body: ' {"other" : [1, {"a":null}],\n"message":"\\u00fc\\/\\u000a"}', headers: inHeader(token) }),
    ));

  it('may say in JSON or in a form that it wants no stream', () =>
    expectSame(
      (token) => ({ body: json({ message: MESSAGE, stream: false }), headers: inHeader(token) }),
      (token) => ({
        type: form,
        body: `message=${encodeURIComponent(MESSAGE)}&stream=false`,
        headers: inHeader(token),
      }),
    ),
  );

  it('with a slash at the end and without', async () => {
    const person = await Person.join(server);
    const { fields } = REQUESTS['a chat'];
    const first = await send(server, { target: '/api/chat/', fields }, person);
    expectReplay(await send(server, { target: '/api/chat', fields }, person), first, { target: '/api/chat/', fields });
  });

  it('keeps turns that verify finds sound', () => expectSound(server));
});

describe('a client that lost its answer', () => {
  it('has it by sending the request again', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const request = REQUESTS['a chat'];
    const waiting = held();
    upstream.script(waiting.cue);
    const connection = await server.connect();
    const lost = connection
      .request('POST', request.target, {
        headers: { 'Content-Type': 'application/json', Authorization: `Token ${person.token}`, 'Idempotency-Key': KEY },
        body: json(request.fields),
      })
      .catch(() => 'left');
    await waiting.arrived();
    connection.destroy();
    await lost;
    expectInFlight(await send(server, request, person), request);
    waiting.release();
    const response = await eventually('the answer', async () => {
      const again = await send(server, request, person);
      return again.status === 409 ? null : again;
    });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.header('Idempotency-Replayed'), 'true');
    assert.equal(response.json().response, `Answer to ${MESSAGE}`);
    assert.equal(upstream.requests.length, 1);
    await expectSound(server, 1);
  });

  it('of a stream has the whole of it by sending the request again', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const request = REQUESTS['a streamed chat'];
    const engine = steered();
    upstream.script(engine.cue);
    const connection = await server.connect();
    const headers = { 'Content-Type': 'application/json', Authorization: `Token ${person.token}` };
    const body = json(request.fields);
    const started = connection.request('POST', request.target, {
      headers: { ...headers, 'Idempotency-Key': KEY },
      body,
    });
    await engine.arrived();
    engine.send(chunk({ role: 'assistant', content: 'Once' }));
    assert.equal((await started).status, 200);
    connection.destroy();
    engine.send(chunk({ content: ' upon a time.' }), chunk({}, 'stop'), usageChunk);
    engine.finish();
    const response = await eventually('the answer', async () => {
      const again = await send(server, request, person);
      return again.status === 409 ? null : again;
    });
    assert.equal(response.header('Idempotency-Replayed'), 'true');
    const [delta, done] = eventsOf(response.text);
    assert.equal(delta.data, json({ text: 'Once upon a time.' }));
    assert.equal(JSON.parse(done.data).response, 'Once upon a time.');
    assert.equal(await person.balance(), 3900);
    await expectSound(server, 1);
  });
});

describe('an idempotency key of a completion', () => {
  it('brings back the answer of a model that is no longer served', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const request = REQUESTS['a completion'];
    const first = await send(server, request, person);
    expectFirst(first);
    await server.terminate();
    server.settings['openai-model'] = 'another';
    await server.start();
    expectReplay(await send(server, request, person), first, request);
    assert.equal((await send(server, request, { token: person.token, key: 'order-2' })).status, 404);
    assert.equal(upstream.requests.length, 1);
    await expectSound(server, 1);
  });

  it('brings back bytes of the engine that no parser would write again', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const body = ` ${completion('Not much.').replace('"usage":', '"x": [1.0,\t2e1, "\\u00fc\\/"],\n"usage":')}\n`;
    upstream.script((asked, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(body));
    const request = REQUESTS['a completion'];
    const first = await send(server, request, person);
    assert.equal(first.text, body);
    expectReplay(await send(server, request, person), first, request);
  });

  it('brings back what Parley wrote for the offline engine, id and time included', async (t) => {
    const server = await Server.startFor(t);
    const person = await Person.join(server);
    for (const [key, more] of Object.entries({
      whole: {},
      streamed: { stream: true },
      counted: { stream: true, stream_options: { include_usage: true } },
    })) {
      const fields = { ...REQUESTS['a completion'].fields, model: 'offline', ...more };
      const request = { target: '/v1/chat/completions', fields };
      const first = await send(server, request, { token: person.token, key });
      expectFirst(first);
      const again = await send(server, request, { token: person.token, key });
      assert.equal(again.header('Idempotency-Replayed'), 'true');
      if (!fields.stream) {
        expectReplay(again, first, request);
        continue;
      }
      const [one, other] = [first, again].map(({ text }) => eventsOf(text).map(({ data }) => data));
      assert.equal(other.length, one.length - textChunks(one).length + 1, 'the text is one chunk');
      assert.equal(textChunks(other).join(''), textChunks(one).join(''));
      assert.equal(other[0], one[0]);
      const rest = key === 'counted' ? 3 : 2;
      assert.deepEqual(other.slice(-rest), one.slice(-rest));
    }
    await expectSound(server, 3);
  });

  function textChunks(events) {
    return events
      .filter((data) => data !== '[DONE]')
      .map((data) => JSON.parse(data).choices[0]?.delta.content)
      .filter(Boolean);
  }
});
