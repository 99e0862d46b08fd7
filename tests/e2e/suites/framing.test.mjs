// HTTP/1.1 on the wire: connections that stay, requests that follow each other, and framing that is refused because two
// parsers could read it differently (RFC 9112, sections 3.2, 6 and 11).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer, expectOneSentence } from '../harness/expect.mjs';
import { encode } from '../harness/connection.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: x\r\n';
const POST = 'POST /api/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const REQUIRED = '{"username":["This field is required."],"password":["This field is required."]}';

describe('a connection', () => {
  const server = Server.forSuite();

  it('is kept for many requests', async () => {
    const connection = await server.connect();
    for (let i = 0; i < 100; i += 1) assert.equal((await connection.request('GET', '/healthz')).status, 200);
    connection.destroy();
  });

  it('is closed where the client asks for it, or speaks HTTP/1.0', async () => {
    for (const request of [`${HEALTH}Connection: close\r\n\r\n`, 'GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n']) {
      const connection = await server.connect();
      connection.write(request);
      assert.equal((await connection.response()).status, 200);
      assert.equal((await connection.closed()).length, 0);
    }
  });

  it('answers pipelined requests in their order, each whole', async () => {
    const person = await Person.join(server);
    const connection = await server.connect();
    const messages = Array.from({ length: 30 }, (_, i) => `message ${i}`);
    const headers = { 'Content-Type': 'application/json', Authorization: `Token ${person.token}` };
    connection.write(
      Buffer.concat(
        messages.map((message) => encode('POST', '/api/chat/', { headers, body: JSON.stringify({ message }) })),
      ),
    );
    for (const message of messages) assert.equal((await connection.response()).json().message, message);
    connection.destroy();
    assert.equal(await person.balance(), 4000 - 3000);
  });

  it('answers a request that arrives byte by byte', async () => {
    const connection = await server.connect();
    for (const byte of `${POST}Content-Length: 2\r\n\r\n{}`) {
      connection.write(byte);
      await new Promise(setImmediate);
    }
    expectAnswer(await connection.response(), 400, REQUIRED);
    connection.destroy();
  });

  it('invites the body of a request that expects 100-continue', async () => {
    const connection = await server.connect();
    connection.write(`${POST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
    assert.equal((await connection.response()).status, 100);
    connection.write('{}');
    expectAnswer(await connection.response(), 400, REQUIRED);
    connection.destroy();
  });

  it('does not invite a body that is too large', async () => {
    const connection = await server.connect();
    connection.write(`${POST}Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n`);
    expectOneSentence(await connection.response(), 413, 'detail');
    connection.destroy();
  });

  it('takes a body in chunks', async () => {
    const connection = await server.connect();
    connection.write(`${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;name=value\r\n}\r\n0\r\nTrailer: x\r\n\r\n`);
    expectAnswer(await connection.response(), 400, REQUIRED);
    connection.write(`${HEALTH}\r\n`);
    assert.equal((await connection.response()).status, 200);
    connection.destroy();
  });

  it('keeps on after refusals that leave its framing whole', async () => {
    const connection = await server.connect();
    assert.equal((await connection.request('POST', '/nowhere', { body: 'x' })).status, 404);
    assert.equal((await connection.request('PUT', '/api/chat/', { body: 'x' })).status, 405);
    assert.equal(
      (await connection.request('POST', '/api/login/', { headers: { 'Content-Type': 'text/plain' }, body: 'x' }))
        .status,
      415,
    );
    assert.equal((await connection.request('GET', '/healthz')).status, 200);
    connection.destroy();
  });

  it('that ends in the middle of a request leaves the server well', async () => {
    for (const part of ['P', HEALTH, `${POST}Content-Length: 10\r\n\r\n{`]) {
      const connection = await server.connect();
      connection.write(part);
      connection.finish();
      await connection.closed();
    }
    assert.equal((await server.request('GET', '/healthz')).status, 200);
  });
});

describe('framing that can be read two ways', () => {
  const server = Server.forSuite();
  const refused = (what, status, bytes) =>
    it(`is refused and the connection closed: ${what}`, async () => {
      const connection = await server.connect();
      connection.write(Buffer.from(bytes, 'latin1'));
      const response = await connection.response();
      expectOneSentence(response, status, 'detail');
      assert.equal(response.header('Connection'), 'close');
      assert.equal((await connection.closed()).length, 0, 'nothing may follow');
    });
  const smuggled = `${HEALTH}\r\n`;

  refused('two lengths', 400, `${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}${smuggled}`);
  refused('a list of lengths', 400, `${POST}Content-Length: 2, 2\r\n\r\n{}${smuggled}`);
  refused('a signed length', 400, `${POST}Content-Length: +2\r\n\r\n{}${smuggled}`);
  refused('a length in hex', 400, `${POST}Content-Length: 0x2\r\n\r\n{}${smuggled}`);
  refused(
    'length and chunks',
    400,
    `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  );
  refused('chunks twice', 400, `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`);
  refused(
    'chunks on HTTP/1.0',
    400,
    'POST /api/login/ HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  );
  refused('chunks with a wrong size', 400, `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`);
  refused('a folded header', 400, `${HEALTH}X: a\r\n b\r\n\r\n`);
  refused('a space before the colon', 400, `${HEALTH}X : a\r\n\r\n`);
  refused('a bare carriage return', 400, `${HEALTH}X: a\rb\r\n\r\n`);
  refused('a NUL', 400, `${HEALTH}X: a\0b\r\n\r\n`);
  refused('no host', 400, 'GET /healthz HTTP/1.1\r\n\r\n');
  refused('two hosts', 400, `${HEALTH}Host: y\r\n\r\n`);
  refused('a host that is none', 400, 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n');
  refused('a target that is no path', 400, 'GET healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  refused('a target beyond ASCII', 400, 'GET /h\xe9 HTTP/1.1\r\nHost: x\r\n\r\n');
  refused('an absolute target of another host', 400, 'GET http://y/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  refused('not HTTP at all', 400, 'hello there\r\n\r\n');
  refused('a header without end', 431, `${HEALTH}X: ${'a'.repeat(20_000)}\r\n\r\n`);
  refused('a hundred and one headers', 431, HEALTH + 'X: a\r\n'.repeat(101) + '\r\n');
  refused('a target without end', 414, `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  refused('a version that is not ours', 505, 'GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n');

  it('is told from an unknown transfer coding, which is 400 or 501', async () => {
    for (const coding of ['gzip', 'xchunked', 'chunked;x=1']) {
      const connection = await server.connect();
      connection.write(`${POST}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n${smuggled}`);
      assert.ok([400, 501].includes((await connection.response()).status));
      assert.equal((await connection.closed()).length, 0);
    }
  });

  it('is told from what is merely unusual', async () => {
    for (const request of [
      `\r\n${HEALTH}\r\n`,
      'GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n',
      `${HEALTH}X:\r\nY:\t tabs \t\r\n\r\n`,
    ]) {
      const connection = await server.connect();
      connection.write(request);
      assert.equal((await connection.response()).status, 200, JSON.stringify(request));
      connection.destroy();
    }
  });
});
