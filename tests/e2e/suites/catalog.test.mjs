// Several models: what is offered and at what price, what a message would cost, and what it costs by usage.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CHAT, EventStream } from '../harness/event_stream.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { clientOf, everyChunk, textOf } from '../harness/openai_client.mjs';
import { Person } from '../harness/people.mjs';
import { parley, temporaryFolder } from '../harness/server.mjs';
import { serverWithCatalog, withFile } from '../harness/settings_file.mjs';
import { completion, CUES } from '../harness/upstream.mjs';

const CATALOG = `
[[models]]
name = "flat"
engine = "upstream0"
upstream-model = "real-flat"

[[models]]
name = "metered"
engine = "upstream0"
upstream-model = "real-metered"
price = { input-per-1000 = 10, output-per-1000 = 100, minimum = 3 }
output-model-tokens-max = 1000
context-model-tokens-max = 4000
pass = ["service_tier"]

[[models]]
name = "echo"
engine = "offline"
upstream-model = "offline"
price = 1
`;

const as = ({ token }) => ({ headers: { Authorization: `Bearer ${token}` } });
const chat = (person, fields, headers) => person.server.post('/api/chat/', fields, { token: person.token, headers });
const quote = (person, fields) => person.server.post('/api/quote/', fields, { token: person.token });

/** A cue that answers with this usage. */
const saying = (text, usage) => (asked, response) => {
  const body = JSON.stringify({ ...JSON.parse(completion(text)), usage });
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(body);
};

const used = (prompt_tokens, completion_tokens) => ({ prompt_tokens, completion_tokens });

async function start(t, settings) {
  const { server, upstream } = await serverWithCatalog(t, CATALOG, { settings });
  return { server, upstream, person: await Person.join(server) };
}

async function expectBooks(server, person, { settled, released = 0, balance }) {
  assert.equal(await person.balance(), balance);
  await expectHolds(server, { settled, released });
  await expectSound(server, settled);
}

describe('the catalog', () => {
  it('is listed with prices, the first model as the default', async (t) => {
    const { server, person } = await start(t);
    const response = await server.request('GET', '/api/models/', as(person));
    assert.equal(response.status, 200, response.text);
    const unmetered = { output_model_tokens_max: null, context_model_tokens_max: 8192 };
    assert.deepEqual(response.json(), {
      models: [
        { name: 'flat', default: true, price: { per_turn: 100 }, ...unmetered },
        {
          name: 'metered',
          default: false,
          price: { input_per_1000: 10, output_per_1000: 100, minimum: 3 },
          output_model_tokens_max: 1000,
          context_model_tokens_max: 4000,
        },
        { name: 'echo', default: false, price: { per_turn: 1 }, ...unmetered },
      ],
    });
    assert.equal((await server.request('GET', '/api/models/')).status, 401);
    const { client } = clientOf(server, person.token);
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id, price }) => [id, price.per_turn ?? price.minimum]),
      [
        ['flat', 100],
        ['metered', 3],
        ['echo', 1],
      ],
    );
    assert.equal((await client.models.retrieve('metered')).id, 'metered');
  });

  it('decides which engine answers, under which name, and at what price', async (t) => {
    const { server, upstream, person } = await start(t);
    assert.equal((await chat(person, { message: 'a' })).header('Parley-Charge'), '100');
    assert.equal((await chat(person, { message: 'b', model: 'metered' })).header('Parley-Charge'), '3');
    const echoed = await chat(person, { message: 'c', model: 'echo' });
    assert.equal(echoed.json().response, "AI response to 'c'");
    assert.equal(echoed.header('Parley-Charge'), '1');
    assert.deepEqual(
      upstream.requests.map(({ body }) => JSON.parse(body).model),
      ['real-flat', 'real-metered'],
    );
    await expectBooks(server, person, { settled: 3, balance: 4000 - 104 });
  });

  it('has no other models', async (t) => {
    const { server, upstream, person } = await start(t);
    const response = await chat(person, { message: 'a', model: 'real-flat' });
    assert.equal(response.status, 400);
    assert.ok(response.json().model[0]);
    const { client } = clientOf(server, person.token);
    await assert.rejects(client.chat.completions.create({ model: 'x', messages: [{ role: 'user', content: 'a' }] }), {
      status: 404,
      code: 'model_not_found',
    });
    assert.equal(upstream.requests.length, 0);
    await expectBooks(server, person, { settled: 0, balance: 4000 });
  });

  it('that can not work is refused at the start, naming file and line', async () => {
    for (const [lines, complaint] of [
      ['[[models]]\nname = "m"\n', /parley\.toml, line 1: the model "m" must have engine/],
      ['[[models]]\nname = "m"\nengine = "nobody"\nupstream-model = "x"\n', /"nobody"/],
      ['[[models]]\nname = "m"\nengine = "openai"\nupstream-model = "x"\n', /openai-api-key/],
      ['[[models]]\nname = "m"\nengine = "offline"\nupstream-model = "x"\nprice = { minimum = 1 }\n', /output-model/],
      ['[engines.x]\nkind = "openai"\nbase-url = "http://a"\napi-key-variable = "NOT_THERE"\n', /NOT_THERE/],
    ]) {
      const server = withFile({ folder: temporaryFolder() }, lines);
      const args = ['--listen', '127.0.0.1:0', '--data', server.folder, ...server.args];
      const { code, stderr } = await parley(['serve', ...args]);
      assert.notEqual(code, 0, lines);
      assert.match(stderr, complaint);
    }
  });
});

describe('a price by usage', () => {
  it('is what the engine said it counted, rounded up, and at least the minimum', async (t) => {
    const { server, upstream, person } = await start(t);
    let left = 4000;
    for (const [usage, charge] of [
      [used(1000, 500), 60],
      [used(1, 1), 3],
      [used(301, 30), 7],
    ]) {
      upstream.script(saying('fine', usage));
      const response = await chat(person, { message: 'Hello', model: 'metered' });
      assert.equal(response.status, 200, response.text);
      left -= charge;
      assert.equal(response.header('Parley-Charge'), String(charge));
      assert.equal(response.header('Parley-Balance'), String(left));
    }
    await expectBooks(server, person, { settled: 3, balance: left });
  });

  it('never goes beyond what was held, and falls back to our own count where usage is absurd', async (t) => {
    const { server, upstream, person } = await start(t);
    const held = 101; // 10 model tokens of input and 1,000 of output
    let left = 4000;
    for (const [usage, charge] of [
      [used(1, 9_007_199_254_740_991), held],
      [used(9_007_199_254_740_991, 1), held],
      [used(-1, 1), 11],
      [used(1, -1), 11],
      [used(1.5, 1), 11],
      [used('1', 1), 11],
      [used(1, 0), 11],
      [used(null, null), 11],
      [used(1e300, 1), 11],
      [null, 11],
      ['many', 11],
      [undefined, 11],
    ]) {
      upstream.script(saying('x'.repeat(400), usage)); // 100 model tokens by our count
      const response = await chat(person, { message: 'Hello', model: 'metered' });
      assert.equal(response.status, 200, response.text);
      assert.equal(response.header('Parley-Charge'), String(charge), JSON.stringify(usage));
      left -= charge;
    }
    await expectBooks(server, person, { settled: 12, balance: left });
  });

  it('lowers the output to what is affordable, and refuses where not even 16 model tokens are', async (t) => {
    const { server, upstream, person } = await start(t, { 'starting-balance': 30 });
    const limit = () => JSON.parse(upstream.requests.at(-1).body).max_completion_tokens;
    upstream.script(saying('fine', used(10, 260)));
    assert.equal((await chat(person, { message: 'Hello', model: 'metered' })).header('Parley-Charge'), '27');
    assert.equal(limit(), 299);
    upstream.script(saying('fine', used(1, 1)));
    assert.equal((await chat(person, { message: 'Hello', model: 'metered' })).header('Parley-Charge'), '3');
    assert.equal(limit(), 29);
    const refused = await chat(person, { message: 'Hello', model: 'metered' });
    assert.equal(refused.status, 402);
    assert.equal(upstream.requests.length, 2);
    await expectBooks(server, person, { settled: 2, balance: 0 });
  });

  it('lowers both of the limits that a client of /v1 may set, and passes only what the model allows', async (t) => {
    const { server, upstream, person } = await start(t);
    const { client } = clientOf(server, person.token);
    const messages = [{ role: 'user', content: 'Hello' }];
    const ask = async (fields) => {
      await client.chat.completions.create({ model: 'metered', messages, ...fields });
      return JSON.parse(upstream.requests.at(-1).body);
    };
    assert.equal((await ask({ max_tokens: 5000 })).max_tokens, 1000);
    assert.equal((await ask({ max_completion_tokens: 5000 })).max_completion_tokens, 1000);
    assert.equal((await ask({ max_tokens: 7 })).max_tokens, 7);
    const passed = await ask({ service_tier: 'flex', store: true, background: true });
    assert.equal(passed.service_tier, 'flex');
    assert.equal(passed.store, undefined);
    assert.equal(passed.background, undefined);
    assert.equal(passed.max_completion_tokens, 1000);
    await expectHolds(server, { settled: 4, released: 0 });
    await expectSound(server, 4);
  });

  it('is paid for a stream by its usage', async (t) => {
    const { server, person } = await start(t);
    const { client } = clientOf(server, person.token);
    const stream = await client.chat.completions.create({
      model: 'echo',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    });
    assert.equal(textOf(await everyChunk(stream)), "AI response to 'Hello'");
    await expectBooks(server, person, { settled: 1, balance: 3999 });
  });

  it('holds for a stream what it may cost while it runs, and gives the rest back', async (t) => {
    const { server, upstream, person } = await start(t);
    let release;
    const released = new Promise((resolve) => (release = resolve));
    upstream.otherwise = (asked, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const event = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`);
      event({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] });
      released.then(() => {
        event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
        event({ choices: [], usage: used(100, 100) });
        response.end('data: [DONE]\n\n');
      });
    };
    const stream = await EventStream.open(server, CHAT, 'Hello', { token: person.token, more: { model: 'metered' } });
    await stream.take(1);
    assert.equal(await person.balance(), 4000 - 101);
    release();
    const done = (await stream.rest()).at(-1);
    assert.equal(JSON.parse(done.data).charge, 11);
    await expectBooks(server, person, { settled: 1, balance: 3989 });
  });

  it('costs nothing where the engine fails', async (t) => {
    const { server, upstream, person } = await start(t);
    upstream.otherwise = CUES.error500;
    assert.equal((await chat(person, { message: 'Hello', model: 'metered' })).status, 502);
    await expectBooks(server, person, { settled: 0, released: 1, balance: 4000 });
  });
});

describe('a quote', () => {
  it('says what a message would hold and at least cost, and changes nothing', async (t) => {
    const { server, upstream, person } = await start(t);
    const flat = await quote(person, { message: 'Hello' });
    assert.equal(flat.status, 200, flat.text);
    assert.deepEqual(flat.json(), {
      model: 'flat',
      hold: 100,
      charge_min: 100,
      input_model_tokens: 10,
      output_model_tokens_max: null,
      affordable: true,
    });
    assert.deepEqual((await quote(person, { message: 'Hello', model: 'metered' })).json(), {
      model: 'metered',
      hold: 101,
      charge_min: 3,
      input_model_tokens: 10,
      output_model_tokens_max: 1000,
      affordable: true,
    });
    assert.equal((await quote(person, { message: 'Hello', model: 'x' })).status, 400);
    assert.equal((await quote(person, { message: 'Hello', conversation: 99 })).status, 404);
    assert.equal((await quote(person, {})).status, 400);
    assert.equal((await server.post('/api/quote/', { message: 'Hello' })).status, 401);
    assert.equal(upstream.requests.length, 0);
    await expectBooks(server, person, { settled: 0, balance: 4000 });
  });

  it('holds, when it is asked for, just what was quoted', async (t) => {
    const { server, upstream, person } = await start(t);
    const message = 'Ünïcödé '.repeat(500);
    const { hold } = (await quote(person, { message, model: 'metered' })).json();
    let during;
    upstream.otherwise = (asked, response) => {
      person.balance().then((balance) => {
        during = balance;
        CUES.ok(asked, response);
      });
    };
    assert.equal((await chat(person, { message, model: 'metered' })).status, 200);
    assert.equal(during, 4000 - hold);
    await expectSound(server, 1);
  });

  it('says where it is not affordable', async (t) => {
    const { person } = await start(t, { 'starting-balance': 2 });
    assert.equal((await quote(person, { message: 'Hello', model: 'metered' })).json().affordable, false);
  });
});
