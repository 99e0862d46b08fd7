// Secrets stay secret: canaries as passwords, tokens, keys, messages and responses go through every route and many
// failures, at the most talkative level of the log. None is in the log, in an error, in the metrics, in the data folder
// (texts: once they are deleted), on the command line, or in a core file.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { AnthropicUpstream } from '../../e2e/harness/anthropic_upstream.mjs';
import { chunk, chunksOf, streamed } from '../../e2e/harness/completion_cues.mjs';
import { OPERATIONS } from '../../e2e/harness/contract.mjs';
import { everyByteOf } from '../../e2e/harness/database.mjs';
import { newName, Person } from '../../e2e/harness/people.mjs';
import { parley, Server, temporaryFolder } from '../../e2e/harness/server.mjs';
import { withFile } from '../../e2e/harness/settings_file.mjs';
import { completion, held, Upstream } from '../../e2e/harness/upstream.mjs';
import { Asker, canary, expectNone } from '../harness/canaries.mjs';
import { FAULTS, faultyCue } from '../harness/faulty_engine.mjs';

const named = (...names) => Object.fromEntries(names.map((name) => [name, canary(name.replaceAll(' ', '-'))]));

/** What an operator keeps in files. */
const OPERATORS = named('openai key', 'anthropic key', 'invitation code', 'metrics token');
/** What people keep to themselves and the server never shows anyone. */
const PEOPLES = named('password', 'new password', 'last password', 'wrong password', 'made-up credential');
/** What belongs to an account and is shown to it. */
const TEXTS = named('message', 'response', 'title', 'idempotency key', 'search');
/** What strays into places where no secret belongs, such as a password into the field of the name. */
const STRAYS = named('query', 'header', 'cookie', 'user agent', 'unknown field', 'odd name', 'upstream detail');
/** Parts of a request that its own refusal names: a media type, a method, a member's name, a model. */
const ECHOED = named('media type', 'method', 'repeated member', 'model');

/** All of them; what the server makes (tokens, API keys) is added once it is known. */
const CANARIES = { ...OPERATORS, ...PEOPLES, ...TEXTS, ...STRAYS, ...ECHOED };
const MADE = {};

const MODELS = `
[[models]]
name = "scripted"
engine = "openai"
upstream-model = "scripted"

[[models]]
name = "claude"
engine = "anthropic"
upstream-model = "claude-scripted"
`;

/** Asks for a credential, whose secret part becomes a canary that this answer alone gives. */
async function make(asker, kind, status, target, options, member) {
  const gives = [];
  const made = (await asker.expect(status, 'POST', target, { ...options, gives })).json();
  gives.push(`${kind} ${Object.keys(MADE).length}`);
  MADE[gives[0]] = made[member].split('.').at(-1);
  return made;
}

/** A server with every secret that it may have, each in a file. */
async function startServer(t, upstream, anthropic) {
  const secrets = temporaryFolder();
  const environment = {};
  for (const [name, variable] of [
    ['openai key', 'PARLEY_OPENAI_API_KEY_FILE'],
    ['anthropic key', 'PARLEY_ANTHROPIC_API_KEY_FILE'],
    ['invitation code', 'PARLEY_INVITATION_CODE_FILE'],
    ['metrics token', 'PARLEY_METRICS_TOKEN_FILE'],
  ]) {
    environment[variable] = path.join(secrets, variable);
    writeFileSync(environment[variable], OPERATORS[name]);
  }
  const settings = {
    engine: undefined,
    'openai-base-url': upstream.url,
    'anthropic-base-url': anthropic.url,
    'log-level': 'debug',
    registration: 'invitation',
    'body-bytes-max': 65_536,
    'starting-balance': 1_000_000,
    'account-requests': 4,
    'engine-first-byte-seconds': 2,
    'engine-whole-seconds': 4,
  };
  const server = withFile({ settings, environment }, MODELS);
  t.after(() => server.finish());
  return server.start();
}

const credentials = (username, password) => ({ json: { username, password } });

async function login(asker, username, password) {
  const options = credentials(username, password);
  return (await make(asker, 'login token', 200, '/api/login/', options, 'token')).token;
}

const makeKey = (asker, token, fields) =>
  make(asker, 'API key', 201, '/api/keys/', { json: { name: 'program', ...fields }, token }, 'key');

async function join(asker, username = newName()) {
  const { password, 'invitation code': invitation } = CANARIES;
  await asker.expect(201, 'POST', '/api/register/', { json: { username, password, invitation } });
  return { username, token: await login(asker, username, password) };
}

const chatOf = (message, more = {}) => ({ json: { message, ...more }, gives: ['message', 'response'] });
const completionOf = (content, more = {}) => ({
  json: { model: 'scripted', messages: [{ role: 'user', content }], ...more },
  gives: ['message', 'response'],
});

/** Every route in its good way. Answers with the credentials that work and the conversation that is left. */
async function useEveryRoute(asker, upstream) {
  const person = await join(asker);
  const first = person.token;
  person.token = await login(asker, person.username, PEOPLES.password);
  await asker.expect(401, 'GET', '/api/me/', { token: first });
  const changed = { current_password: PEOPLES.password, new_password: PEOPLES['new password'] };
  await asker.expect(200, 'POST', '/api/password/', { json: { ...changed, token: person.token } });
  const ended = await login(asker, person.username, PEOPLES['new password']);
  const watched = await asker.watch(ended);
  await asker.expect(200, 'POST', '/api/logout/', { json: { token: ended } });
  await watched();
  const token = await login(asker, person.username, PEOPLES['new password']);
  const { key, id: keyId } = await makeKey(asker, token, {});
  const keyPath = `/api/keys/${keyId}/`;

  const chat = await asker.expect(200, 'POST', '/api/chat/', { ...chatOf(TEXTS.message), token: key });
  const id = Number(chat.headers['parley-conversation']);
  const headers = { 'Idempotency-Key': TEXTS['idempotency key'] };
  for (const more of [{}, { stream: true }, { model: 'claude' }, { model: 'claude', stream: true }]) {
    const message = { ...chatOf(TEXTS.message, { conversation: id, ...more }), token };
    await asker.expect(200, 'POST', '/api/chat/', message);
    await asker.expect(200, 'POST', '/v1/chat/completions', { ...completionOf(TEXTS.message, more), token });
  }
  await asker.expect(200, 'POST', '/api/chat/', { ...chatOf(TEXTS.message), token, headers });
  await asker.expect(200, 'POST', '/api/chat/', { ...chatOf(TEXTS.message), token, headers });
  await asker.expect(200, 'POST', '/api/quote/', { json: { message: TEXTS.message }, token });
  const keysSeen = upstream.requests.map((request) => request.headers.authorization);
  assert.ok(keysSeen.includes(`Bearer ${OPERATORS['openai key']}`), 'the key is in use');

  const conversation = { token, gives: ['message', 'response', 'title'] };
  const title = { ...conversation, json: { title: TEXTS.title } };
  await asker.expect(200, 'PATCH', `/api/conversations/${id}/`, title);
  await asker.expect(200, 'GET', `/api/conversations/?q=${TEXTS.message}`, conversation);
  await asker.expect(200, 'GET', `/api/conversations/?q=${TEXTS.search}`, { token });
  await asker.expect(200, 'GET', `/api/conversations/${id}/`, conversation);
  for (const target of ['/api/me/', '/api/models/', '/api/statement/', '/api/keys/', '/v1/models']) {
    await asker.expect(200, 'GET', target, { token });
  }
  await asker.expect(200, 'GET', '/api/statement/?format=csv', { token });
  await asker.expect(200, 'GET', '/v1/models/scripted', { token });
  await asker.expect(200, 'POST', '/api/balance/', { json: { token } });
  await asker.expect(200, 'PATCH', '/api/me/', { json: { daily_limit: null }, token });
  await asker.expect(200, 'PATCH', keyPath, { json: { daily_limit: null }, token });
  for (const target of ['/healthz', '/readyz', '/openapi.json', '/docs']) await asker.expect(200, 'GET', target);
  const metricsToken = { Authorization: `Bearer ${OPERATORS['metrics token']}`, 'X-Forwarded-For': '203.0.113.9' };
  await asker.expect(200, 'GET', '/metrics', { headers: metricsToken });
  await asker.expect(401, 'GET', '/metrics', { headers: { ...metricsToken, Authorization: `Bearer ${token}` } });
  return { ...person, token, key, keyPath, id };
}

/** Refusals of each kind that depend on what there is. */
async function beRefused(asker, person, upstream) {
  const { token, key, username } = person;
  const chat = (message, more) => ({ ...chatOf(message, more), token });
  const headers = { 'Idempotency-Key': `${TEXTS['idempotency key']}-other` };
  for (const [target, options] of [
    ['/api/login/', credentials(username, PEOPLES['wrong password'])],
    ['/api/login/', credentials(STRAYS['odd name'], PEOPLES['wrong password'])],
    ['/api/login/', credentials(`${STRAYS['odd name']} ${PEOPLES.password}`, PEOPLES['wrong password'])],
    ['/api/register/', { json: { username: STRAYS['odd name'], password: PEOPLES.password, invitation: 'wrong' } }],
    ['/api/password/', { json: { current_password: PEOPLES['wrong password'], new_password: 'x'.repeat(9) }, token }],
    ['/api/password/', { json: { current_password: PEOPLES['new password'], new_password: 'short' }, token }],
    ['/api/chat/', chat(TEXTS.message, { conversation: 999_999 })],
    ['/api/chat/', chat(TEXTS.message.repeat(2_000))],
    ['/api/chat/', chat(TEXTS.message, { model: ECHOED.model })],
    ['/api/chat/', { ...chatOf(TEXTS.message), token: key, headers: { 'Idempotency-Key': `ü${TEXTS.message}` } }],
    ['/v1/chat/completions', { ...completionOf(TEXTS.message, { model: ECHOED.model }), token }],
    ['/v1/chat/completions', { ...completionOf(TEXTS.message, { n: TEXTS.message }), token }],
    ['/v1/chat/completions', { ...completionOf(TEXTS.message, { stream: TEXTS.message }), token }],
    ['/api/keys/', { json: { name: 'x', limit: TEXTS.message, expires: TEXTS.message }, token }],
    ['/api/keys/', { json: { name: 'x' }, token: key }],
  ]) {
    const { status } = await asker.ask('POST', target, options);
    assert.ok(status >= 400 && status < 500, `${target}: ${status}`);
  }

  const { key: spent } = await makeKey(asker, token, { limit: 0 });
  await asker.expect(402, 'POST', '/api/chat/', { ...chatOf(TEXTS.message), token: spent });
  await asker.expect(402, 'POST', '/v1/chat/completions', { ...completionOf(TEXTS.message), token: spent });

  const waiting = [held(), held(), held(), held()];
  upstream.script(...waiting.map(({ cue }) => cue));
  const slow = [asker.expect(200, 'POST', '/api/chat/', { ...chat(TEXTS.message), headers })];
  for (let others = 1; others < waiting.length; others += 1) {
    slow.push(asker.expect(200, 'POST', '/v1/chat/completions', { ...completionOf(TEXTS.message), token }));
  }
  for (const { arrived } of waiting) await arrived();
  await asker.expect(409, 'POST', '/api/chat/', { ...chat(TEXTS.message), headers });
  await asker.expect(422, 'POST', '/api/chat/', { ...chat(`${TEXTS.message}.`), headers });
  await asker.expect(429, 'POST', '/api/chat/', chat(TEXTS.message));
  await asker.expect(409, 'DELETE', '/api/me/', { token });
  for (const { release } of waiting) release();
  const [{ headers: answered }] = await Promise.all(slow);
  await asker.expect(422, 'POST', '/api/chat/', { ...chat(`${TEXTS.message}.`), headers });
  await asker.expect(204, 'DELETE', `/api/conversations/${answered['parley-conversation']}/`, { token });
  await asker.expect(410, 'POST', '/api/chat/', { ...chat(TEXTS.message), headers });

  const guessed = await join(asker);
  for (let tries = 0; tries < 10; tries += 1) {
    await asker.expect(401, 'POST', '/api/login/', credentials(guessed.username, PEOPLES['wrong password']));
  }
  await asker.expect(429, 'POST', '/api/login/', credentials(guessed.username, PEOPLES['wrong password']));
}

/** Every route with what none understands, each with canaries in it. */
async function breakEveryRoute(asker, { token, key, id, keyPath }) {
  const pairs = Object.entries({ ...PEOPLES, ...TEXTS, ...STRAYS });
  const everywhere = Object.fromEntries(pairs.map(([, value], at) => [`field${at}`, value]));
  const fields = ['username', 'password', 'invitation', 'current_password', 'new_password', 'message', 'title', 'name'];
  const ofWrongType = Object.fromEntries(fields.map((name) => [name, [PEOPLES.password, { [name]: TEXTS.message }]]));
  const json = JSON.stringify({ ...everywhere, token });
  const { header, cookie, 'user agent': agent } = STRAYS;
  const strayHeaders = { 'X-Password': header, Cookie: `session=${cookie}`, 'User-Agent': agent };
  const basic = Buffer.from(`user:${PEOPLES.password}`).toString('base64');
  const stray = `x=${STRAYS.query}&cursor=${TEXTS.message}&limit=${STRAYS.query}`;
  const query = `?token=${token}&password=${PEOPLES.password}&${stray}`;
  for (const { name } of OPERATIONS) {
    const [method, pattern] = name.split(' ');
    const target = pattern
      .replace('/keys/{id}/', keyPath.slice('/api'.length))
      .replace('/models/{id}', '/models/scripted')
      .replace('{id}', id);
    const send = (options, ending = '') => asker.ask(method, target + ending, options);
    const spelled = (body, type = 'application/json') => ({ body, headers: { 'Content-Type': type, ...strayHeaders } });
    await send({ headers: { ...strayHeaders, Authorization: `Basic ${basic}` } }, query);
    await send({ token: PEOPLES['made-up credential'], headers: strayHeaders });
    await send({ token: `1.${PEOPLES['made-up credential']}`, json: { ...everywhere, token } });
    await send({ ...spelled(json.slice(0, -1)), token });
    await send({ ...spelled(`[${json}]`), token });
    await send({ ...spelled(JSON.stringify(ofWrongType)), token: PEOPLES['made-up credential'] });
    await send({ ...spelled(`{"${ECHOED['repeated member']}":1,"${ECHOED['repeated member']}":2}`), token });
    await send({ ...spelled(Buffer.concat([Buffer.from(json), Buffer.from([0xff])])), token });
    await send({ ...spelled(json, `text/${ECHOED['media type']}`), token });
    await send({ ...spelled(`password=${PEOPLES.password}&x=%zz`, 'application/x-www-form-urlencoded'), token });
    await send({ ...spelled(`"${TEXTS.message.repeat(3_000)}"`), token });
    if (method.startsWith('P')) await send({ ...spelled(JSON.stringify(ofWrongType)), token: key }, query);
  }
  for (const target of ['/api/chat/', '/v1/models']) await asker.expect(405, 'PUT', target, { token });
  for (const target of ['/api/nothing', '/v1/nothing']) await asker.expect(404, 'POST', `${target}${query}`, { token });
}

/** Bytes that never become a request; the server answers once and closes. */
async function sendBrokenBytes(server) {
  const token = Object.values(MADE).at(-1);
  const line = `POST /api/chat/?token=${token} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer 1.${token}\r\n`;
  const answers = [];
  for (const bytes of [
    `${line}X-Key ${STRAYS.header}\r\n\r\n`,
    `${line}X-Key: ${STRAYS.header}\x01\r\n\r\n`,
    `${line}X-Key: ${STRAYS.header.repeat(400)}\r\n\r\n`,
    `${line}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${TEXTS.message}`,
    `${line}Transfer-Encoding: chunked\r\n\r\n${TEXTS.message}\r\n`,
    `${line}Content-Length: ${TEXTS.message}\r\n\r\n`,
    `${line}Expect: ${STRAYS.header}\r\n\r\n`,
    `${ECHOED.method} /api/login/ HTTP/1.1\r\nHost: ${STRAYS.header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    `POST /${STRAYS.query.repeat(400)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `POST /api/login/ HTTP/${PEOPLES.password}\r\nHost: x\r\n\r\n`,
    PEOPLES.password.repeat(1_000),
  ]) {
    const connection = await server.connect();
    connection.write(bytes);
    answers.push((await connection.closed()).toString('latin1'));
  }
  for (const body of ['{"message":"', `{"password":"${PEOPLES.password}`]) {
    const connection = await server.connect();
    connection.write(`${line}Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n${body}`);
    connection.reset();
  }
  return answers;
}

/** Engines fail in every way, and repeat in their errors whatever they were asked and told. */
async function askFaultyEngines(asker, token, upstreams) {
  const details = [STRAYS['upstream detail'], TEXTS.response];
  for (const [model, upstream] of Object.entries(upstreams)) {
    for (const fault of Object.keys(FAULTS)) {
      const message = `${TEXTS.message} ${model} ${fault}`;
      upstream.on(message, faultyCue(fault, details));
      const four = [{ model }, { model, stream: true }].flatMap((more) => [
        ['/api/chat/', chatOf(message, more)],
        ['/v1/chat/completions', completionOf(message, more)],
      ]);
      await Promise.all(four.map(([target, options]) => asker.ask('POST', target, { ...options, token })));
      const asked = upstream.requests.filter(({ question }) => question === message).length;
      assert.ok(asked >= four.length, `${model} was asked ${asked} times, and ${fault}`);
      await asker.expect(200, 'POST', '/api/chat/', { ...chatOf(TEXTS.message, { model }), token }); // or it would rest
    }
  }
}

/** What anybody may read of the environment that the server was started with. */
function environmentOf({ pid }) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch (failure) {
    assert.equal(failure.code, 'EACCES'); // a process without core dumps shows it to root alone
    return '';
  }
}

async function user(server, ...args) {
  const { code, stdout, stderr } = await parley(['user', ...args, '--data', server.folder]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** A cue that answers with the canary, whole or as a stream. */
function respond(request, response) {
  if (JSON.parse(request.body).stream) streamed(chunksOf('So: ', TEXTS.response))(request, response);
  else response.writeHead(200, { 'Content-Type': 'application/json' }).end(completion(TEXTS.response));
}

const STATUSES = [200, 201, 204, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422, 429, 502, 503, 504];

describe('no secret', () => {
  it('is in the log, an error, the metrics, the data folder or the process, whatever goes wrong', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    upstream.otherwise = respond;
    const anthropic = await AnthropicUpstream.startFor(t);
    const server = await startServer(t, upstream, anthropic);
    const asker = new Asker(server);
    const person = await useEveryRoute(asker, upstream);
    await beRefused(asker, person, upstream);
    await breakEveryRoute(asker, person);
    const broken = await sendBrokenBytes(server);
    await askFaultyEngines(asker, person.token, { scripted: upstream, claude: anthropic });
    for (const line of (await user(server, 'reset-password', person.username)).match(/^password: \S+$/gm)) {
      MADE['password that was reset'] = line.slice('password: '.length);
    }

    const all = { ...CANARIES, ...MADE };
    const unseen = { ...OPERATORS, ...PEOPLES, ...STRAYS, ...MADE };
    for (const [name, text] of Object.entries({
      'the command line': readFileSync(`/proc/${server.pid}/cmdline`, 'latin1'),
      'the environment': environmentOf(server),
      'the page of metrics': (await asker.expect(200, 'GET', '/metrics')).text,
      'the list of accounts': await user(server, 'list'),
    })) {
      expectNone(all, text, name);
    }
    expectNone({ ...unseen, ...TEXTS }, broken.join('\n'), 'an answer to broken bytes');
    expectNone(unseen, everyByteOf(server.folder), 'the folder of a running server');
    const token = await login(asker, person.username, MADE['password that was reset']);
    await asker.expect(204, 'DELETE', person.keyPath, { token });
    await server.terminate();
    expectNone({ ...unseen, ...ECHOED, ...MADE }, everyByteOf(server.folder), 'the folder of a stopped server');
    const stored = everyByteOf(server.folder);
    for (const text of [TEXTS.message, TEXTS.response, TEXTS.title]) assert.ok(stored.includes(text), 'texts are kept');

    await server.start();
    await asker.expect(204, 'DELETE', '/api/me/', { token });
    await server.terminate();
    expectNone({ ...all, ...MADE }, everyByteOf(server.folder), 'the folder without the account');
    const { method, ...unlogged } = { ...all, ...MADE }; // see below
    expectNone(unlogged, server.log, 'the log');
    asker.expectNoneInAnswers({ ...all, ...MADE }, Object.keys(ECHOED));

    assert.ok(server.log.includes('path=/api/login/'), 'the log is at debug');
    assert.match(server.log, /openai-api-key.*\*\*\*/, 'the setting is shown, masked');
    const seen = new Set(asker.answers.map(({ response: { status } }) => status));
    assert.deepEqual(STATUSES.filter((status) => !seen.has(status)), [], 'statuses that no answer had');
    const good = asker.answers.filter(({ response }) => response.status < 300);
    const well = new Set(good.map(({ operation }) => operation));
    const left = OPERATIONS.map(({ name }) => name).filter((name) => !well.has(name));
    assert.deepEqual(left, [], 'routes that never answered well');
    t.diagnostic(`${asker.answers.length} answers, ${Object.keys({ ...all, ...MADE }).length} canaries`);
  });
});

describe('a secret that strays into the request line', () => {
  it('is not in the log: neither a path that is none of ours, nor what stands in the place of an id', async (t) => {
    const server = await Server.startFor(t, { settings: { 'log-level': 'debug' } });
    const strays = named('path', 'id of a key', 'id of a conversation', 'model', 'method');
    const asker = new Asker(server);
    const { token } = await Person.join(server);
    for (const [method, target] of [
      ['GET', `/api/${strays.path}/`],
      ['DELETE', `/api/keys/${strays['id of a key']}/`],
      ['GET', `/api/conversations/${strays['id of a conversation']}/`],
      ['GET', `/v1/models/${strays.model}`],
    ]) {
      await asker.expect(404, method, target, { token });
    }
    const connection = await server.connect();
    assert.equal((await connection.request(strays.method, '/api/me/')).status, 405);
    connection.destroy();
    await server.terminate();
    asker.expectNoneInAnswers(strays, ['model']);
    expectNone(strays, server.log, 'the log');
  });
});
