// Where a token may travel, which one counts, and what is reported before what.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer } from '../harness/expect.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const NOT_PROVIDED = '{"detail":"Authentication credentials were not provided."}';
const INVALID = '{"detail":"Invalid token."}';
const MADE_UP = '123456.AAAAAAAAAAAAAAAAAAAAAA';

describe('a token', () => {
  const server = Server.forSuite();
  const balance = (fields, headers = {}) => server.post('/api/balance/', fields, { headers });

  it('travels in the body or in the header, whatever the case of the scheme', async () => {
    const { token } = await Person.join(server);
    const ways = [[{ token }, {}]];
    for (const scheme of ['Token', 'Bearer', 'token', 'BEARER', 'bEaReR', 'TOKEN']) {
      ways.push([{}, { Authorization: `${scheme} ${token}` }]);
    }
    for (const [fields, headers] of ways) expectAnswer(await balance(fields, headers), 200, '{"token_balance":4000}');
  });

  it('in a header wins over one in the body', async () => {
    const { token } = await Person.join(server);
    expectAnswer(await balance({ token: MADE_UP }, { Authorization: `Token ${token}` }), 200, '{"token_balance":4000}');
    const refused = await balance({ token }, { Authorization: `Token ${MADE_UP}` });
    assert.equal(refused.status, 401);
  });

  it('needs no body where it is in the header', async () => {
    const { token } = await Person.join(server);
    const response = await server.request('POST', '/api/balance/', {
      headers: { Authorization: `Bearer ${token}`, 'Content-Length': 0 },
    });
    expectAnswer(response, 200, '{"token_balance":4000}');
  });

  for (const value of ['null', '""', '17', 'true', '["x"]', '{}']) {
    it(`counts as not provided where it is ${value}`, async () => {
      const response = await server.post('/api/chat/', `{"token":${value},"message":"Hi"}`);
      expectAnswer(response, 401, NOT_PROVIDED);
      assert.equal(response.header('WWW-Authenticate'), 'Token');
    });
  }

  for (const token of [
    MADE_UP,
    'x',
    '.',
    '1.',
    '.x',
    '99999999999999999999.AAAA',
    'x'.repeat(5000),
    '1.😀',
    "' OR 1=1 --",
  ]) {
    it(`is invalid where it is ${token.slice(0, 30)}`, async () => {
      const response = await server.post('/api/chat/', { token, message: 'Hi' });
      expectAnswer(response, 401, INVALID);
      assert.equal(response.header('WWW-Authenticate'), 'Token');
    });
  }

  it('is invalid where one character of it differs', async () => {
    const { token } = await Person.join(server);
    const last = token.at(-1) === 'A' ? 'B' : 'A';
    expectAnswer(await server.post('/api/chat/', { token: token.slice(0, -1) + last, message: 'Hi' }), 401, INVALID);
    expectAnswer(await server.post('/api/chat/', { token: token.slice(0, -1), message: 'Hi' }), 401, INVALID);
    expectAnswer(await server.post('/api/chat/', { token: `${token}A`, message: 'Hi' }), 401, INVALID);
  });

  it('has sentences of its own at the balance', async () => {
    for (const fields of [{}, { token: '' }, { token: null }]) {
      expectAnswer(await balance(fields), 401, '{"error":"login before checking balance"}');
    }
    expectAnswer(
      await balance({ token: MADE_UP }),
      401,
      '{"error":"An unexpected error occurred: Token matching query does not exist."}',
    );
  });

  it('that is bad is reported before a form that is bad', async () => {
    expectAnswer(await server.post('/api/chat/', {}), 401, NOT_PROVIDED);
    expectAnswer(await server.post('/api/chat/', { token: MADE_UP }), 401, INVALID);
    expectAnswer(await server.post('/api/chat/', { message: '' }, { token: MADE_UP }), 401, INVALID);
    const { token } = await Person.join(server);
    expectAnswer(await server.post('/api/chat/', {}, { token }), 400, '{"message":["This field is required."]}');
  });
});
