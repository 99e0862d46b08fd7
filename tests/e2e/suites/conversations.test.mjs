// Conversations: what the model is told of them, and the history: listed, searched, read, renamed, deleted, private.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { everyByteOf } from '../harness/database.mjs';
import { CHAT, EventStream } from '../harness/event_stream.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { newKey } from '../harness/keys.mjs';
import { clientOf } from '../harness/openai_client.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { serverWithCatalog } from '../harness/settings_file.mjs';
import { Upstream } from '../harness/upstream.mjs';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const CANARY = 'canary-of-the-deleted-conversation';

const as = ({ token }) => ({ headers: { Authorization: `Bearer ${token}` } });
const get = (person, target) => person.server.request('GET', target, as(person));
const remove = (person, id) => person.server.request('DELETE', `/api/conversations/${id}/`, as(person));
const rename = (person, id, title) =>
  person.server.request('PATCH', `/api/conversations/${id}/`, {
    headers: { ...as(person).headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ title }),
  });

/** Says it, in this conversation where one is given; answers the conversation's id. */
async function say(person, message, conversation, headers) {
  const fields = conversation === undefined ? { message } : { message, conversation };
  const response = await person.server.post('/api/chat/', fields, { token: person.token, headers });
  assert.equal(response.status, 200, response.text);
  return Number(response.header('Parley-Conversation'));
}

async function ok(asked) {
  const response = await asked;
  assert.equal(response.status, 200, response.text);
  return response.json();
}

const list = (person, query = '') => ok(get(person, `/api/conversations/${query}`));
const titles = async (person, query) => (await list(person, query)).conversations.map(({ title }) => title);

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...settings } });
  return { upstream, server, person: await Person.join(server) };
}

const told = (upstream) =>
  JSON.parse(upstream.requests.at(-1).body).messages.map(({ role, content }) => [role, content]);

describe('a conversation', () => {
  it('begins with a message and carries its earlier turns to the model', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const first = await person.chat('My name is Ada.');
    const id = Number(first.header('Parley-Conversation'));
    assert.equal(first.header('Parley-Turn'), String(id));
    assert.equal(await say(person, 'What is my name?', id), id);
    assert.deepEqual(told(upstream), [
      ['user', 'My name is Ada.'],
      ['assistant', 'Answer to My name is Ada.'],
      ['user', 'What is my name?'],
    ]);
    assert.notEqual(await say(person, 'And now?'), id, 'without it another one begins');
    assert.deepEqual(told(upstream), [['user', 'And now?']]);
    assert.equal(await person.balance(), 3700);
    await expectHolds(server, { settled: 3, released: 0 });
    await expectSound(server, 3);
  });

  it('goes on in a stream, whose done names it', async (t) => {
    const { person, server } = await serverWith(t, { engine: 'offline' });
    const id = await say(person, 'one');
    const options = { token: person.token, more: { conversation: id } };
    const done = (await (await EventStream.open(server, CHAT, 'two', options)).rest()).at(-1);
    assert.equal(JSON.parse(done.data).conversation, id);
    const { turns } = await ok(get(person, `/api/conversations/${id}/`));
    assert.deepEqual(
      turns.map(({ message }) => message),
      ['two', 'one'],
    );
  });

  it('keeps to the model\'s context: whole turns, the oldest dropped first', async (t) => {
    const model = '[[models]]\nname = "m"\nengine = "upstream0"\nupstream-model = "x"\n';
    const limits = 'context-model-tokens-max = 400\noutput-model-tokens-max = 100\n';
    const { server, upstream } = await serverWithCatalog(t, model + limits);
    const person = await Person.join(server);
    const id = await say(person, 'a'.repeat(100));
    await say(person, 'b'.repeat(100), id);
    await say(person, 'c', id);
    const messages = told(upstream).map(([, content]) => content[0] + content.length);
    assert.deepEqual(messages, ['a100', 'A110', 'b100', 'A110', 'c1']);
    await say(person, 'd'.repeat(303), id);
    assert.equal(told(upstream).length, 5, 'a whole turn was dropped');
    assert.equal(told(upstream)[0][1][0], 'b', 'the oldest one');
    await say(person, 'e'.repeat(2000), id);
    assert.equal(told(upstream).length, 1);
  });

  it('of another account is not there', async (t) => {
    const { server, person } = await serverWith(t);
    const stranger = await Person.join(server);
    const id = await say(person, 'secret');
    for (const response of [
      await server.post('/api/chat/', { message: 'x', conversation: id }, { token: stranger.token }),
      await get(stranger, `/api/conversations/${id}/`),
      await rename(stranger, id, 'mine'),
      await remove(stranger, id),
      await get(stranger, '/api/conversations/0/'),
      await get(stranger, '/api/conversations/x/'),
    ]) {
      assert.equal(response.status, 404, response.text);
    }
    assert.deepEqual(await list(stranger), { conversations: [], next: null });
    assert.deepEqual(await titles(person), ['secret']);
    assert.equal(await stranger.balance(), 4000);
    await expectHolds(server, { settled: 1, released: 0 });
  });

  it('takes only a number, and needs a credential', async (t) => {
    const { server, person } = await serverWith(t);
    const bad = await server.post('/api/chat/', { message: 'x', conversation: 'y' }, { token: person.token });
    assert.equal(bad.status, 400);
    assert.deepEqual(bad.json(), { conversation: ['A valid integer is required.'] });
    for (const [method, target] of [
      ['GET', '/api/conversations/'],
      ['GET', '/api/conversations/1/'],
      ['PATCH', '/api/conversations/1/'],
      ['DELETE', '/api/conversations/1/'],
    ]) {
      assert.equal((await server.request(method, target)).status, 401, `${method} ${target}`);
    }
  });
});

describe('the history', () => {
  it('lists conversations by their last turn, newest first, a page at a time', async (t) => {
    const { person } = await serverWith(t);
    const [one, two, three] = [await say(person, 'one'), await say(person, 'two'), await say(person, 'three')];
    await say(person, 'more of one', one);
    const all = (await list(person)).conversations;
    assert.deepEqual(
      all.map(({ id, title, turn_count }) => [id, title, turn_count]),
      [
        [one, 'one', 2],
        [three, 'three', 1],
        [two, 'two', 1],
      ],
    );
    for (const { created, updated } of all) {
      assert.match(created, TIME);
      assert.match(updated, TIME);
      assert.ok(created <= updated);
    }
    const seen = [];
    let cursor;
    do {
      const page = await list(person, `?limit=1${cursor ? `&cursor=${cursor}` : ''}`);
      assert.ok(page.conversations.length <= 1);
      seen.push(...page.conversations.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null);
    assert.deepEqual(seen, [one, three, two]);
    for (const query of ['?limit=0', '?limit=201', '?cursor=x', '?cursor=0', `?q=${'x'.repeat(201)}`]) {
      assert.equal((await get(person, `/api/conversations/${query}`)).status, 400, query);
    }
  });

  it('finds conversations by text, in any case, in message, answer and title', async (t) => {
    const { person } = await serverWith(t);
    const first = await say(person, 'Wo ist die GRÜNE Mappe?');
    await say(person, 'Something else');
    await say(person, 'and on', first);
    const encoded = (text) => `?q=${encodeURIComponent(text)}`;
    assert.deepEqual(await titles(person, encoded('grüne')), ['Wo ist die GRÜNE Mappe?']);
    assert.deepEqual(await titles(person, encoded('answer to something')), ['Something else']);
    assert.deepEqual(await titles(person, encoded('100%')), []);
    assert.deepEqual(await titles(person, encoded('_')), [], 'no wildcards');
    await rename(person, first, 'Büro');
    assert.deepEqual(await titles(person, encoded('BÜRO')), ['Büro']);
  });

  it('shows a conversation with its turns, newest first, a page at a time', async (t) => {
    const { person } = await serverWith(t);
    const id = await say(person, 'one');
    for (const message of ['two', 'three', 'four', 'five']) await say(person, message, id);
    const messages = [];
    let cursor;
    do {
      const page = await ok(get(person, `/api/conversations/${id}/?limit=2${cursor ? `&cursor=${cursor}` : ''}`));
      assert.equal(page.turn_count, 5);
      messages.push(...page.turns.map(({ message }) => message));
      cursor = page.next;
    } while (cursor !== null);
    assert.deepEqual(messages, ['five', 'four', 'three', 'two', 'one']);
    const { turns } = await ok(get(person, `/api/conversations/${id}/`));
    const { turn, time, ...last } = turns.at(-1);
    assert.equal(turn, id);
    assert.match(time, TIME);
    assert.deepEqual(last, {
      message: 'one',
      response: 'Answer to one',
      charge: 100,
      finish_reason: 'stop',
      model: 'scripted',
      usage: { input_model_tokens: 3, output_model_tokens: 5 },
    });
  });

  it('has titles that can be set and taken back', async (t) => {
    const { server, person } = await serverWith(t);
    const id = await say(person, 'Hello');
    const renamed = await rename(person, id, 'Ärger & Co.');
    assert.equal(renamed.status, 200, renamed.text);
    assert.equal(renamed.json().title, 'Ärger & Co.');
    assert.deepEqual(await titles(person), ['Ärger & Co.']);
    await server.kill();
    await server.start();
    assert.deepEqual(await titles(person), ['Ärger & Co.']);
    assert.equal((await rename(person, id, '')).json().title, 'Hello');
    assert.equal((await rename(person, id, 'x'.repeat(1001))).status, 400);
    assert.equal((await rename(person, id, 5)).status, 400);
    assert.equal((await rename(person, id)).status, 400);
  });

  it('has the turns of programs too', async (t) => {
    const { server, person } = await serverWith(t);
    const { key } = await newKey(person);
    const { client } = clientOf(server, key);
    await client.chat.completions.create({ model: 'scripted', messages: [{ role: 'user', content: 'by key' }] });
    assert.deepEqual(await titles(person), ['by key']);
  });
});

describe('deleting a conversation', () => {
  it('takes its texts and leaves its charges', async (t) => {
    const { server, person } = await serverWith(t);
    const id = await say(person, CANARY);
    await say(person, `${CANARY} again`, id);
    const kept = await say(person, 'kept');
    const before = await ok(get(person, '/api/statement/'));
    assert.equal((await remove(person, id)).status, 204);
    assert.equal((await remove(person, id)).status, 404);
    assert.equal((await get(person, `/api/conversations/${id}/`)).status, 404);
    assert.deepEqual(
      (await list(person)).conversations.map((conversation) => conversation.id),
      [kept],
    );
    assert.deepEqual((await list(person, `?q=${CANARY}`)).conversations, []);
    assert.deepEqual(await ok(get(person, '/api/statement/')), before);
    assert.equal(await person.balance(), 3700);
    const refused = await server.post('/api/chat/', { message: 'x', conversation: id }, { token: person.token });
    assert.equal(refused.status, 404);
    await expectSound(server, 3);
    await server.terminate();
    assert.equal((await everyByteOf(server.folder)).includes(CANARY), false, 'nothing is left in the files');
  });

  it('answers a retry under an idempotency key with 410', async (t) => {
    const { server, person } = await serverWith(t);
    const headers = { 'Idempotency-Key': 'once' };
    const id = await say(person, 'Hello', undefined, headers);
    assert.equal(await say(person, 'Hello', undefined, headers), id);
    assert.equal((await remove(person, id)).status, 204);
    const retried = await server.post('/api/chat/', { message: 'Hello' }, { token: person.token, headers });
    assert.equal(retried.status, 410, retried.text);
    assert.equal(await person.balance(), 3900);
    await expectHolds(server, { settled: 1, released: 0 });
    await expectSound(server, 1);
  });
});
