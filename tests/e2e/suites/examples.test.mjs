// The four examples that clients were promised, byte for byte, on a server started with nothing configured.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer } from '../harness/expect.mjs';
import { Server } from '../harness/server.mjs';

for (const slash of ['/', '']) {
  describe(`the four examples, ${slash ? 'with' : 'without'} the trailing slash`, () => {
    const server = Server.forSuite({ settings: { 'password-memory-kib': undefined, engine: undefined } });
    let token;

    it('registers', async () => {
      const response = await server.post(
        `/api/register${slash}`,
        '{"username":"testuser","password":"securepassword"}',
      );
      expectAnswer(response, 201, '{"message":"testuser registered successfully!"}');
    });

    it('logs in', async () => {
      const response = await server.post(`/api/login${slash}`, '{"username":"testuser","password":"securepassword"}');
      token = response.json().token;
      assert.equal(typeof token, 'string');
      expectAnswer(response, 200, `{"token":"${token}"}`);
    });

    it('chats', async () => {
      const response = await server.post(`/api/chat${slash}`, `{"token":"${token}","message":"Hello, how are you?"}`);
      expectAnswer(
        response,
        200,
        `{"message":"Hello, how are you?","response":"AI response to 'Hello, how are you?'"}`,
      );
      assert.equal(response.header('Parley-Balance'), '3900');
      assert.equal(response.header('Parley-Charge'), '100');
      assert.match(response.header('Parley-Turn'), /^\S+$/);
    });

    it('tells the balance after two chats', async () => {
      await server.post(`/api/chat${slash}`, `{"token":"${token}","message":"And again?"}`);
      expectAnswer(await server.post(`/api/balance${slash}`, `{"token":"${token}"}`), 200, '{"token_balance":3800}');
    });
  });
}
