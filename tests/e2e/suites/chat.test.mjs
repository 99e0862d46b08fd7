// POST /api/chat/: the message comes back as it was sent, is charged once, and everything else is refused in its form.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer } from '../harness/expect.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const refusal = (sentence) => JSON.stringify({ message: [sentence] });

describe('chatting', () => {
  const server = Server.forSuite({ settings: { 'starting-balance': 100_000 } });

  for (const message of [
    'Hello, how are you?',
    '  leading and trailing  ',
    'two\nlines\r\nand\ttabs',
    `quotes " ' and \\ backslashes / slashes`,
    'Grüße, 世界, привет, שלום, ﷽',
    '😀👩‍👩‍👧‍👦🇺🇳',
    'e\u0301 is not \u00e9',
    '<script>alert("&amp;")</script>',
    '\u0001\u001f\u007f\u2028\u2029\ufeff',
    '.',
    '0',
  ]) {
    it(`gives back ${JSON.stringify(message)} exactly`, async () => {
      const person = await Person.join(server);
      const response = await person.chat(message);
      assert.equal(response.status, 200, response.text);
      const fields = response.json();
      assert.deepEqual(Object.keys(fields), ['message', 'response']);
      assert.equal(fields.message, message);
      assert.equal(fields.response, `AI response to '${message}'`);
    });
  }

  it('writes text beyond ASCII as itself, compactly', async () => {
    const person = await Person.join(server);
    expectAnswer(await person.chat('Grüße 😀'), 200, `{"message":"Grüße 😀","response":"AI response to 'Grüße 😀'"}`);
  });

  it('understands escapes in what is sent', async () => {
    const person = await Person.join(server);
    const response = await server.post('/api/chat/', '{"message":"\\u00fc\\ud83d\\ude00\\n\\/"}', {
      token: person.token,
    });
    assert.equal(response.json().message, 'ü😀\n/');
  });

  it('charges each chat once and numbers its turn', async () => {
    const person = await Person.join(server);
    const turns = new Set();
    for (let i = 1; i <= 5; i += 1) {
      const response = await person.chat();
      assert.equal(response.header('Parley-Balance'), String(100_000 - 100 * i));
      assert.equal(response.header('Parley-Charge'), '100');
      turns.add(response.header('Parley-Turn'));
    }
    assert.equal(turns.size, 5);
    assert.equal(await person.balance(), 100_000 - 500);
  });

  for (const [what, fields, sentence] of [
    ['missing', '{}', 'This field is required.'],
    ['null', '{"message":null}', 'This field may not be null.'],
    ['empty', '{"message":""}', 'This field may not be blank.'],
    ['spaces only', '{"message":"   "}', 'This field may not be blank.'],
    ['white space only', '{"message":" \\n\\t\\u00a0\\u2003\\u3000"}', 'This field may not be blank.'],
    ['a list', '{"message":["x"]}', 'Not a valid string.'],
    ['an object', '{"message":{}}', 'Not a valid string.'],
    ['true', '{"message":true}', 'Not a valid string.'],
  ]) {
    it(`refuses a message that is ${what}, and charges nothing`, async () => {
      const person = await Person.join(server);
      expectAnswer(await server.post('/api/chat/', fields, { token: person.token }), 400, refusal(sentence));
      assert.equal(await person.balance(), 100_000);
    });
  }

  it('counts the limit of a message in characters, not bytes', async () => {
    const person = await Person.join(server);
    const longest = '😀'.repeat(32_000);
    const response = await person.chat(longest);
    assert.equal(response.status, 200);
    assert.equal(response.json().message, longest);
    expectAnswer(
      await person.chat('x'.repeat(32_001)),
      400,
      refusal('Ensure this field has no more than 32000 characters.'),
    );
  });

  it('takes a form', async () => {
    const person = await Person.join(server);
    const response = await server.request('POST', '/api/chat/', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `token=${encodeURIComponent(person.token)}&message=a+b%26c%3D%F0%9F%98%80%0A`,
    });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.json().message, 'a b&c=😀\n');
  });

  it('refuses a list where fields should be', async () => {
    const person = await Person.join(server);
    expectAnswer(
      await server.post('/api/chat/', '[1]', { token: person.token }),
      400,
      '{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}',
    );
  });
});

describe('chatting without enough tokens', () => {
  it('is refused with 402 from the first chat that the balance does not cover', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': 250 } });
    const person = await Person.join(server);
    assert.equal((await person.chat()).status, 200);
    assert.equal((await person.chat()).header('Parley-Balance'), '50');
    const refused = await person.chat();
    expectAnswer(refused, 402, '{"error":"Insufficient tokens"}');
    assert.equal(refused.header('Parley-Balance'), '50');
    assert.equal(refused.header('Retry-After'), undefined);
    assert.equal(await person.balance(), 50);
  });

  it('is refused to an account that was opened with nothing', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': 0 } });
    const person = await Person.join(server);
    expectAnswer(await person.chat(), 402, '{"error":"Insufficient tokens"}');
    assert.equal(await person.balance(), 0);
  });

  it('costs what the price says', async (t) => {
    const server = await Server.startFor(t, { settings: { 'chat-price': 7, 'starting-balance': 20 } });
    const person = await Person.join(server);
    assert.equal((await person.chat()).header('Parley-Charge'), '7');
    assert.equal((await person.chat()).header('Parley-Balance'), '6');
    assert.equal((await person.chat()).status, 402);
  });
});
