// docs/openapi.json: that it is a document of its kind, that its examples keep what it says, that the server shows it,
// and that the judge of all other suites sees what does not fit it. (src/api holds it against the routes.)

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Validator } from '@seriousme/openapi-schema-validator';

import { document, judge, judgeOf, OPERATIONS, Part } from '../harness/contract.mjs';
import { Server } from '../harness/server.mjs';

/** All parts of the document that are media types, with where they are. */
const mediaTypes = OPERATIONS.flatMap(({ name, part }) => {
  const answers = part.below('responses').entries.map(([status, response]) => [`${name} ${status}`, response]);
  return [[`${name} body`, part.below('requestBody')], ...answers].flatMap(([place, holder]) =>
    (holder?.below('content')?.entries ?? []).map(([type, media]) => ({ place: `${place} ${type}`, type, media })),
  );
});
const parameters = OPERATIONS.flatMap(({ name, part }) =>
  (part.below('parameters')?.entries ?? []).map(([, parameter]) => ({ name, parameter })),
);

describe('the document', () => {
  test('is an OpenAPI 3.1 document', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.equal(JSON.stringify(errors), undefined);
    assert.ok(valid);
    assert.equal(document.openapi, '3.1.0');
  });

  test('names each operation once, and each tag that it uses', () => {
    const ids = OPERATIONS.map(({ part }) => part.value.operationId);
    assert.deepEqual([...new Set(ids)], ids);
    const tags = document.tags.map(({ name }) => name);
    for (const { name, part } of OPERATIONS) assert.ok(tags.includes(part.value.tags[0]), name);
  });

  test('has no component that nothing refers to', () => {
    const text = JSON.stringify(document);
    for (const [kind, components] of Object.entries(document.components)) {
      if (kind === 'securitySchemes') continue;
      for (const name of Object.keys(components)) {
        assert.ok(text.includes(`"#/components/${kind}/${name}"`), `${kind}/${name}`);
      }
    }
  });

  test('has schemas without a mistake, and examples that fit them', () => {
    let examples = 0;
    for (const { place, type, media } of mediaTypes) {
      const schema = media.below('schema');
      const fault = schema.faultIn(media.value.example);
      if (media.value.example === undefined) continue;
      examples += 1;
      assert.equal(fault, '', place);
      if (type === 'text/event-stream') assert.ok(media.value['x-events'], place);
    }
    for (const { name, parameter } of parameters) {
      const fault = parameter.below('schema').faultIn(parameter.value.example);
      if (parameter.value.example !== undefined) assert.equal(fault, '', `${name} ${parameter.value.name}`);
    }
    assert.ok(examples > OPERATIONS.length);
  });

  test('has an example of each JSON body that is sent, and of each path, for the page to show', () => {
    for (const { place, type, media } of mediaTypes) {
      if (place.includes(' body ') && type === 'application/json') assert.ok('example' in media.value, place);
    }
    for (const { name, parameter } of parameters) {
      if (parameter.value.in === 'path') assert.ok('example' in parameter.value, name);
    }
  });

  test('has events in its examples of streams that fit their schemas', () => {
    const streams = OPERATIONS.filter(({ part }) => part.below('responses', '200', 'content', 'text/event-stream'));
    assert.ok(streams.length > 0);
    for (const { name, part } of streams) {
      const { example } = part.below('responses', '200', 'content', 'text/event-stream').value;
      const [method, target] = name.split(' ');
      const headers = { 'request-id': 'x', 'content-type': 'text/event-stream' };
      judge(method, target, { status: 200, headers, text: example });
    }
  });

  test('is strict where Parley writes an object', () => {
    const open = new Set(['Completion', 'CompletionChunk']);
    for (const { place, media } of mediaTypes) {
      if (place.includes(' body ')) continue;
      const { $ref = '' } = media.value.schema;
      if (open.has($ref.split('/').at(-1)) || media.value.schema.type === 'string') continue;
      const fault = media.below('schema').faultIn({ ...media.value.example, 'not in the document': 1 });
      assert.notEqual(fault, '', place);
    }
  });
});

describe('the server', () => {
  let server;
  before(async () => {
    server = await new Server().start();
  });
  after(() => server.finish());

  test('shows the document with its own version', async () => {
    const response = await server.request('GET', '/openapi.json');
    assert.equal(response.status, 200);
    assert.equal(response.header('content-type'), 'application/json');
    assert.equal(response.header('x-content-type-options'), 'nosniff');
    const { info, ...rest } = response.json();
    const { info: written, ...others } = document;
    assert.deepEqual(rest, others);
    assert.match(info.version, /^[0-9]+\.[0-9]+\.[0-9]+$/);
    assert.notEqual(info.version, written.version);
    assert.deepEqual({ ...info, version: '' }, { ...written, version: '' });
    assert.deepEqual((await server.request('GET', '/openapi.json/')).json().info, info);
  });

  test('shows a page that asks no other host for anything, and may not', async () => {
    const response = await server.request('GET', '/docs');
    assert.equal(response.status, 200);
    assert.equal(response.header('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.header('x-content-type-options'), 'nosniff');
    const elsewhere = /[a-z][a-z0-9+.-]*:\/\/|(src|href|action|url)\s*[=(]\s*["']?\s*\/\//i;
    const loading = /<(link|img|iframe|base|object|embed)\b|@import|\burl\(|\bimport\b|fetch\(/i;
    for (const pattern of [elsewhere, loading]) assert.equal(pattern.exec(response.text)?.[0], undefined);
    assert.match(response.header('content-security-policy'), /^default-src 'none'; /);
    for (const { name, part } of OPERATIONS) {
      assert.ok(response.text.includes(`"operationId":"${part.value.operationId}"`), name);
    }
  });

  test('lets its page run exactly the script and the style that are in it', async () => {
    const page = await server.request('GET', '/docs');
    const policy = page.header('content-security-policy');
    for (const name of ['script', 'style']) {
      const [, text] = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(page.text);
      const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
      const digest = Buffer.from(bytes).toString('base64');
      assert.ok(policy.includes(`${name}-src 'sha256-${digest}'`), `${name}: ${digest}`);
    }
  });

  test('gives both to HEAD too, and to nobody who posts', async () => {
    for (const target of ['/docs', '/openapi.json']) {
      assert.equal((await server.request('HEAD', target)).status, 200);
      assert.equal((await server.request('POST', target)).status, 405);
    }
  });
});

describe('the judge', () => {
  const headers = { 'content-type': 'application/json', 'request-id': 'x' };
  const login = (answer) => () =>
    judge('POST', '/api/login', { status: 200, headers, text: '{"token":"x"}', ...answer });

  test('lets pass what the document has', () => {
    login({})();
    login({ status: 408, text: '{"detail":"Too slow."}' })();
    login({ headers: { ...headers, date: 'today', 'content-length': '13' } })();
    judge('DELETE', '/api/login/', { status: 405, headers: { ...headers, allow: 'POST' }, text: '{"detail":"No."}' });
    judge('GET', '/elsewhere', { status: 404, headers: {}, text: '' });
  });

  test('finds a status that the document does not have', () => {
    assert.throws(login({ status: 418 }), /POST \/api\/login\/ answered 418, which openapi.json does not have/);
  });

  test('finds a member too many, a member too few and a wrong type', () => {
    assert.throws(
      login({ text: '{"token":"x","more":1}' }),
      /POST \/api\/login\/, status 200, has a body .*must NOT have additional properties \(more\)/,
    );
    assert.throws(login({ text: '{}' }), /must have required property 'token'/);
    assert.throws(login({ text: '{"token":1}' }), /\/token must be string/);
    assert.throws(login({ text: 'token' }), /no JSON/);
  });

  test('finds another media type, and headers that are missing, wrong or too many', () => {
    assert.throws(login({ headers: { ...headers, 'content-type': 'text/html' } }), /came as text\/html/);
    assert.throws(login({ headers: { 'content-type': 'application/json' } }), /no header request-id/);
    assert.throws(login({ headers: { ...headers, 'request-id': '!' } }), /header request-id: .*must match pattern/);
    assert.throws(login({ headers: { ...headers, 'parley-secret': '1' } }), /has a header parley-secret/);
  });

  test('finds another method that is answered, or refused without saying what is allowed', () => {
    const get = (answer) => () => judge('GET', '/api/login/', { headers, text: '{"detail":"No."}', ...answer });
    assert.throws(get({ status: 200 }), /has no such operation/);
    assert.throws(get({ status: 405 }), /no header allow/);
  });

  test('finds an event that the document does not have, and one with other data', () => {
    const stream = judgeOf('POST', '/api/chat/');
    const all = { 'content-type': 'text/event-stream', 'request-id': 'x' };
    stream.head({ status: 200, names: Object.keys(all), header: (name) => all[name] });
    stream.event({ type: 'delta', data: '{"text":"Hello"}' });
    assert.throws(() => stream.event({ type: 'delta', data: '{"text":1}' }), /event delta: \/text must be string/);
    assert.throws(() => stream.event({ type: 'omega', data: '{}' }), /an event omega/);
  });

  test('knows a path by its pattern, but not instead of one of its own', () => {
    const answer = { status: 204, headers: { 'request-id': 'x' }, text: '' };
    judge('DELETE', '/api/keys/7', answer);
    assert.throws(() => judge('DELETE', '/api/keys/', answer), /no such operation/);
    assert.ok(Part.at('#/paths/~1v1~1models~1{id}/get'));
  });
});
