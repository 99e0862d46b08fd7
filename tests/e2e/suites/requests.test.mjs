// The common rules of every endpoint: media types, methods, paths, sizes, and the headers that every response carries.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer, expectCommonHeaders, expectOneSentence } from '../harness/expect.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const ENDPOINTS = ['/api/register/', '/api/login/', '/api/chat/', '/api/balance/'];

describe('every request', () => {
  const server = Server.forSuite();
  const send = (method, target, headers = {}, body) => server.request(method, target, { headers, body });

  for (const endpoint of ENDPOINTS) {
    for (const target of [endpoint, endpoint.slice(0, -1)]) {
      it(`of another method than POST is refused at ${target}`, async () => {
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
          const response = await send(method, target);
          expectAnswer(response, 405, `{"detail":"Method \\"${method}\\" not allowed."}`);
          assert.match(response.header('Allow'), /\bPOST\b/);
        }
      });
    }
  }

  it('to an unknown path is answered with 404', async () => {
    for (const target of [
      '/',
      '/api',
      '/api/',
      '/api/chat/x',
      '/api/chat//',
      '//api/chat/',
      '/API/chat/',
      '/api/chat/..',
      '/index.html',
      '/api/chat%2F',
    ]) {
      expectAnswer(
        await send('POST', target, { 'Content-Type': 'application/json' }, '{}'),
        404,
        '{"detail":"Not found."}',
      );
    }
    expectAnswer(await send('GET', '/nothing'), 404, '{"detail":"Not found."}');
  });

  it('may have a query, which changes nothing', async () => {
    const person = await Person.join(server);
    const response = await server.post('/api/balance/?x=1&token=2', {}, { token: person.token });
    expectAnswer(response, 200, '{"token_balance":4000}');
  });

  it('in another media type is refused with 415', async () => {
    const body = '{"username":"x","password":"y"}';
    for (const type of ['text/plain', 'application/xml', 'text/plain; charset=utf-8', 'application/jsonx']) {
      expectAnswer(
        await send('POST', '/api/register/', { 'Content-Type': type }, body),
        415,
        `{"detail":"Unsupported media type \\"${type}\\" in request."}`,
      );
    }
    expectAnswer(
      await send('POST', '/api/register/', {}, body),
      415,
      '{"detail":"Unsupported media type \\"\\" in request."}',
    );
  });

  it('may spell application/json in any case and with a charset', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'APPLICATION/JSON;charset=UTF-8',
      'application/json ; charset=utf-8',
    ]) {
      const response = await send('POST', '/api/login/', { 'Content-Type': type }, '{"username":"x"}');
      expectAnswer(response, 400, '{"password":["This field is required."]}');
    }
  });

  it('without a body has no fields', async () => {
    expectAnswer(
      await send('POST', '/api/login/', { 'Content-Type': 'application/json', 'Content-Length': 0 }),
      400,
      '{"username":["This field is required."],"password":["This field is required."]}',
    );
  });

  for (const body of [
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{"a":1} x',
    '[1,]',
    'nul',
    '{"a":"\u0001"}',
    '{"a":"\\ud800"}',
    '{"a":"\\x"}',
    '{"a":01}',
    '{"a":1e999}',
    '{"a":1,"a":2}',
    '{"a":"\\u0000"}',
    'NaN',
    '\ufeff{}',
    '['.repeat(40) + ']'.repeat(40),
  ]) {
    it(`is refused where its body is ${body.slice(0, 30)}, which is no JSON of ours`, async () => {
      const response = await send('POST', '/api/login/', { 'Content-Type': 'application/json' }, body);
      assert.equal(response.status, 400, response.text);
      expectCommonHeaders(response);
      assert.deepEqual(Object.keys(response.json()), ['detail']);
      assert.match(response.json().detail, /^JSON parse error - .+/);
    });
  }

  it('is refused where its JSON is not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"username":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const response = await send('POST', '/api/login/', { 'Content-Type': 'application/json' }, body);
    assert.equal(response.status, 400, response.text);
    assert.match(response.text, /^\{"detail":"JSON parse error - /);
  });

  for (const [body, name] of [
    ['[]', 'list'],
    ['"x"', 'str'],
    ['17', 'int'],
    ['1.5', 'float'],
    ['true', 'bool'],
  ]) {
    it(`is refused where its body is a ${name}`, async () => {
      expectAnswer(
        await send('POST', '/api/login/', { 'Content-Type': 'application/json' }, body),
        400,
        `{"non_field_errors":["Invalid data. Expected a dictionary, but got ${name}."]}`,
      );
    });
  }

  it('is refused with 413 where its body is too large', async () => {
    const connection = await server.connect();
    connection.write(
      'POST /api/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n{',
    );
    expectOneSentence(await connection.response(), 413, 'detail');
    connection.destroy();
  });

  it('is answered where its body is exactly as large as it may be', async () => {
    const frame = '{"username":""}';
    const body = `{"username":"${'x'.repeat(1_048_576 - frame.length)}"}`;
    const response = await send('POST', '/api/login/', { 'Content-Type': 'application/json' }, body);
    expectAnswer(response, 400, '{"password":["This field is required."]}');
  });

  it('keeps its own Request-Id where that is well formed', async () => {
    for (const id of ['abc', 'A-b_c.9', 'x'.repeat(128)]) {
      const response = await send('GET', '/healthz', { 'Request-Id': id });
      assert.equal(response.header('Request-Id'), id);
    }
  });

  it('is given a Request-Id of its own otherwise', async () => {
    const seen = new Set();
    for (const id of [undefined, undefined, 'x'.repeat(129), 'has space', 'semi;colon', '']) {
      const response = await send('GET', '/healthz', { 'Request-Id': id });
      assert.match(response.header('Request-Id'), /^[A-Za-z0-9._-]{1,128}$/);
      assert.notEqual(response.header('Request-Id'), id);
      seen.add(response.header('Request-Id'));
    }
    assert.equal(seen.size, 6);
  });

  it('of HEAD or OPTIONS gets no body that breaks the connection', async () => {
    const connection = await server.connect();
    const head = await connection.request('HEAD', '/healthz');
    assert.ok([200, 405].includes(head.status));
    assert.equal((await connection.request('GET', '/healthz')).status, 200);
    connection.destroy();
  });
});

describe('health', () => {
  const server = Server.forSuite();

  it('is told without a credential', async () => {
    for (const target of ['/healthz', '/readyz']) {
      const response = await server.request('GET', target);
      assert.equal(response.status, 200);
      expectCommonHeaders(response);
    }
  });
});
