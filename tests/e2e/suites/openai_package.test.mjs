// /v1 as OpenAI's own client uses it: what it sends reaches the engine unchanged, what comes back is what it expects,
// and errors are of the classes that its users catch.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import OpenAI from 'openai';

import { answered, chunk, chunksOf, steered, streamed, usageChunk } from '../harness/completion_cues.mjs';
import { eventually } from '../harness/eventually.mjs';
import { expectSound } from '../harness/figures.mjs';
import { newKey } from '../harness/keys.mjs';
import { readMetrics } from '../harness/metrics.mjs';
import { clientOf, everyChunk, textOf } from '../harness/openai_client.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { completion, CUES, held, Upstream } from '../harness/upstream.mjs';

const SETTINGS = { 'engine-first-byte-seconds': 2, 'engine-whole-seconds': 5, 'engine-connect-seconds': 1 };
const model = 'scripted';
const messages = [{ role: 'user', content: 'What is "up"? 😀' }];
const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

const CREDENTIALS = {
  'a login token': (person) => person.token,
  'an API key': async (person) => (await newKey(person)).key,
};

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...SETTINGS, ...settings } });
  const person = await Person.join(server);
  return { upstream, server, person, ...clientOf(server, person.token) };
}

async function holds(server) {
  const page = readMetrics((await server.request('GET', '/metrics')).text);
  const [taken, settled, released, open] = ['taken_total', 'settled_total', 'released_total', 'open'].map((name) =>
    page.value(`parley_holds_${name}`),
  );
  return { taken, settled, released, open };
}

/** The error of this class that the call fails with. */
async function failureOf(call, type, status) {
  const failed = await call.then(
    () => assert.fail('it was answered'),
    (error) => error,
  );
  assert.ok(failed instanceof type, `${failed.constructor.name}: ${failed.message}`);
  assert.equal(failed.constructor, type);
  assert.equal(failed.status, status);
  assert.match(failed.headers.get('request-id'), /^[A-Za-z0-9._-]{1,128}$/);
  return failed;
}

for (const [credential, textFor] of Object.entries(CREDENTIALS)) {
  describe(`the openai package with ${credential}`, () => {
    async function serverFor(t, settings) {
      const { upstream, server, person } = await serverWith(t, settings);
      return { upstream, server, person, ...clientOf(server, await textFor(person)) };
    }

    it('gets the completion that the engine gave, and is charged once', async (t) => {
      const { upstream, server, person, client, sent } = await serverFor(t);
      const body = completion('Not much.').replace('"usage":', '"x_of_the_engine": [1.0,  2e1],"usage":');
      upstream.script(answered(body));
      const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
      assert.equal(data.choices[0].message.content, 'Not much.');
      assert.deepEqual(data.usage, usage);
      assert.equal(response.headers.get('parley-charge'), '100');
      assert.equal(response.headers.get('parley-balance'), '3900');
      assert.equal(response.headers.get('idempotency-replayed'), null);
      assert.deepEqual(
        upstream.requests.map((asked) => asked.body),
        sent,
      );
      assert.equal(upstream.requests[0].headers.authorization, 'Bearer sk-test-upstream');

      upstream.script(answered(body));
      const raw = await client.chat.completions.create({ model, messages }).asResponse();
      assert.equal(await raw.text(), body, 'byte for byte as the engine wrote it');
      assert.equal(await person.balance(), 3800);
      await expectSound(server, 2);
    });

    it('gets a stream chunk by chunk, without the usage that it did not ask for', async (t) => {
      const { upstream, server, person, client, sent } = await serverFor(t);
      const chunks = chunksOf('Grüße', ' ', '😀', '\n');
      upstream.script(streamed(chunks));
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      const got = await everyChunk(stream);
      assert.deepEqual(got, chunks.slice(0, -1));
      assert.equal(textOf(got), 'Grüße 😀\n');
      const added = `${sent[0].slice(0, -1)},"stream_options":{"include_usage":true}}`;
      assert.equal(upstream.requests[0].body, added, 'nothing but the option is added');
      assert.equal(await person.balance(), 3900);
      await expectSound(server, 1);
    });

    it('gets a stream with usage where it asks for it', async (t) => {
      const { upstream, person, client, sent } = await serverFor(t);
      const chunks = chunksOf('Hello', ' there');
      upstream.script(streamed(chunks));
      const options = { stream: true, stream_options: { include_usage: true } };
      const got = await everyChunk(await client.chat.completions.create({ model, messages, ...options }));
      assert.deepEqual(got, chunks);
      assert.equal(upstream.requests[0].body, sent[0]);
      assert.equal(await person.balance(), 3900);
    });

    it('lists and finds the one model', async (t) => {
      const { client } = await serverFor(t);
      const { data } = await client.models.list();
      assert.deepEqual(
        data.map(({ id, object }) => ({ id, object })),
        [{ id: model, object: 'model' }],
      );
      assert.ok(Math.abs(data[0].created - Date.now() / 1000) < 600);
      assert.deepEqual(await client.models.retrieve(model), data[0]);
      const failed = await failureOf(client.models.retrieve('gpt-of-nobody'), OpenAI.NotFoundError, 404);
      assert.equal(failed.code, 'model_not_found');
    });

    it('is refused a balance that does not cover the price, with the figures', async (t) => {
      const { upstream, client } = await serverFor(t, { 'starting-balance': 150 });
      await client.chat.completions.create({ model, messages });
      for (const stream of [false, true]) {
        const call = client.chat.completions.create({ model, messages, stream });
        const failed = await failureOf(call, OpenAI.APIError, 402);
        assert.equal(failed.code, 'insufficient_balance');
        assert.equal(failed.type, 'insufficient_quota');
        assert.deepEqual(failed.error.metadata, { required: 100, available: 50, held: 0 });
        assert.equal(failed.headers.get('parley-balance'), '50');
        assert.equal(failed.headers.get('retry-after'), null);
      }
      assert.equal(upstream.requests.length, 1, 'a refused request must not reach the engine');
    });
  });
}

describe('what the openai package sends', () => {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'weather_in',
        description: 'The weather of a place — "now" \\ 今',
        strict: true,
        parameters: {
          type: 'object',
          properties: { place: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 1e21 } },
          required: ['place'],
          additionalProperties: false,
        },
      },
    },
  ];
  const pixels = Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 37) % 256));
  const image = `data:image/png;base64,${pixels.toString('base64')}`;
  const rich = {
    model,
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?\u2028' },
          { type: 'image_url', image_url: { url: image } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather_in', arguments: '{"place":"Ōtsu"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '{"sky":"clear"}' },
    ],
    tools,
    tool_choice: 'auto',
    parallel_tool_calls: false,
    temperature: 0.1,
    seed: -0,
    max_completion_tokens: 4096,
    logit_bias: { 50256: -100 },
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
    metadata: { of: 'nobody here' },
  };
  const toolCall = {
    id: 'call_2',
    type: 'function',
    function: { name: 'weather_in', arguments: '{"place": "Kyōto"}' },
  };

  it('with tools and an image reaches the engine byte for byte, and the tool call comes back', async (t) => {
    const { upstream, server, client, sent } = await serverWith(t);
    const reply = JSON.parse(completion(''));
    reply.choices[0] = {
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [toolCall] },
      finish_reason: 'tool_calls',
    };
    upstream.script(answered(JSON.stringify(reply)));
    const data = await client.chat.completions.create(rich);
    assert.ok(sent[0].includes(image));
    assert.equal(upstream.requests[0].body, sent[0]);
    assert.deepEqual(data.choices, reply.choices);
    await expectSound(server, 1);
  });

  it('with tools and an image reaches the engine byte for byte in a stream, too', async (t) => {
    const { upstream, server, client, sent } = await serverWith(t);
    const { id, type } = toolCall;
    const chunks = [
      chunk({ role: 'assistant', content: null }),
      chunk({ tool_calls: [{ index: 0, id, type, function: { name: 'weather_in', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"place": ' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Kyōto"}' } }] }),
      chunk({}, 'tool_calls'),
      usageChunk,
    ];
    upstream.script(streamed(chunks));
    const options = { stream: true, stream_options: { include_usage: true, include_obfuscation: false } };
    const runner = client.chat.completions.stream({ ...rich, ...options });
    const { choices } = await runner.finalChatCompletion();
    assert.equal(upstream.requests[0].body, sent[0]);
    assert.equal(choices[0].finish_reason, 'tool_calls');
    const [{ function: called }] = choices[0].message.tool_calls;
    assert.equal(called.arguments, toolCall.function.arguments);
    await expectSound(server, 1);
  });

  it('loses only what would cost what nobody pays', async (t) => {
    const { upstream, client } = await serverWith(t);
    await client.chat.completions.create({ model, store: true, messages, service_tier: 'priority', user: 'me' });
    assert.equal(upstream.requests[0].body, JSON.stringify({ model, messages, user: 'me' }));
  });

  it('runs tools to the final answer, two turns for two charges', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const reply = JSON.parse(completion(''));
    reply.choices[0] = {
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [toolCall] },
      finish_reason: 'tool_calls',
    };
    upstream.script(answered(JSON.stringify(reply)), answered(completion('It is clear.')));
    const runner = client.chat.completions.runTools({
      model,
      messages,
      tools: [{ type: 'function', function: { ...tools[0].function, function: () => 'clear', parse: JSON.parse } }],
    });
    assert.equal(await runner.finalContent(), 'It is clear.');
    assert.equal(upstream.requests.length, 2);
    assert.equal(await person.balance(), 3800);
    await expectSound(server, 2);
  });
});

describe('the openai package that asks again by itself', () => {
  it('is charged once, and where it names its request the engine is asked once', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    upstream.script(CUES.unauthorized, CUES.ok);
    const again = { maxRetries: 2, headers: { 'Idempotency-Key': 'order-1' } };
    const first = await client.chat.completions.create({ model, messages }, again);
    assert.equal(upstream.requests.length, 2, 'the engine failed once');
    const { data, response } = await client.chat.completions.create({ model, messages }, again).withResponse();
    assert.deepEqual(data, first);
    assert.equal(response.headers.get('idempotency-replayed'), 'true');
    assert.equal(upstream.requests.length, 2);
    assert.equal(await person.balance(), 3900);
    await expectSound(server, 1);
  });

  it('waits for its own request in flight, and has its answer', async (t) => {
    const { upstream, server, person, client, sent } = await serverWith(t);
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const headers = { 'Idempotency-Key': 'order-1' };
    const first = client.chat.completions.create({ model, messages }, { headers });
    await arrived();
    const second = client.chat.completions.create({ model, messages }, { headers, maxRetries: 5 });
    await eventually('the second to be sent again', () => sent.length >= 3);
    release();
    assert.deepEqual(await second, await first);
    assert.equal(upstream.requests.length, 1);
    assert.equal(await person.balance(), 3900);
    await expectSound(server, 1);
  });
});

describe('the openai package that leaves in the middle', () => {
  it('of a stream that said something pays for it once, and no hold is left', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const engine = steered();
    upstream.script(engine.cue);
    const stream = await startedStream(client, engine);
    const iterator = stream[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value.choices[0].delta.content, 'Once');
    stream.controller.abort();
    await iterator.next();
    assert.deepEqual(await holds(server), { taken: 1, settled: 0, released: 0, open: 1 }, 'the turn goes on');
    engine.send(chunk({ content: ' upon a time' }), chunk({}, 'stop'), usageChunk);
    engine.finish();
    await eventually('the hold to end', async () => (await holds(server)).open === 0);
    assert.deepEqual(await holds(server), { taken: 1, settled: 1, released: 0, open: 0 });
    assert.equal(await person.balance(), 3900);
    await expectSound(server, 1);
  });

  it('of a stream before it said anything pays nothing, and the engine is stopped', async (t) => {
    const { upstream, server, person, client } = await serverWith(t, { 'engine-first-byte-seconds': 60 });
    const engine = steered();
    upstream.script(engine.cue);
    const leaving = new AbortController();
    const call = client.chat.completions.create({ model, messages, stream: true }, { signal: leaving.signal });
    await engine.arrived();
    leaving.abort();
    await assert.rejects(call, OpenAI.APIUserAbortError);
    await engine.closed();
    await eventually('the hold to end', async () => (await holds(server)).open === 0);
    assert.deepEqual(await holds(server), { taken: 1, settled: 0, released: 1, open: 0 });
    assert.equal(await person.balance(), 4000);
    await expectSound(server, 0);
  });

  it('of a whole completion pays for it once, and no hold is left', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const leaving = new AbortController();
    const call = client.chat.completions.create({ model, messages }, { signal: leaving.signal });
    await arrived();
    leaving.abort();
    await assert.rejects(call, OpenAI.APIUserAbortError);
    release();
    await eventually('the hold to end', async () => (await holds(server)).open === 0);
    assert.equal(await person.balance(), 3900);
    await expectSound(server, 1);
  });

  async function startedStream(client, engine) {
    const call = client.chat.completions.create({ model, messages, stream: true });
    await engine.arrived();
    engine.send(chunk({ role: 'assistant', content: 'Once' }));
    return call;
  }
});

describe('an error, to the openai package,', () => {
  for (const [what, fields, param] of [
    ['no messages', { messages: [] }, 'messages'],
    ['two answers', { n: 2 }, 'n'],
    ['a message without a role', { messages: [{ content: 'x' }] }, 'messages[0].role'],
    ['a model that is no text', { model: 7 }, 'model'],
    ['a stream that is no truth value', { stream: 'yes' }, 'stream'],
  ]) {
    it(`is a BadRequestError with ${what}`, async (t) => {
      const { upstream, person, client } = await serverWith(t);
      const call = client.chat.completions.create({ model, messages, ...fields });
      const failed = await failureOf(call, OpenAI.BadRequestError, 400);
      assert.equal(failed.param, param);
      assert.equal(failed.type, 'invalid_request_error');
      assert.equal(upstream.requests.length, 0);
      assert.equal(await person.balance(), 4000);
    });
  }

  it('is an AuthenticationError with a credential that is none', async (t) => {
    const { server, person, upstream } = await serverWith(t);
    const key = (await newKey(person)).key;
    const ended = person.token;
    await person.login();
    for (const text of [
      'sk-1.AAAAAAAAAAAAAAAAAAAAAA',
      'nonsense',
      'sk-',
      ended,
      `${key.slice(0, -1)}~`,
      key.slice(3),
    ]) {
      const { client } = clientOf(server, text);
      for (const call of [
        () => client.chat.completions.create({ model, messages }),
        () => client.chat.completions.create({ model, messages, stream: true }),
        () => client.chat.completions.create({ model: 'gpt-of-nobody', messages: [] }),
        () => client.models.list(),
        () => client.models.retrieve('gpt-of-nobody'),
      ]) {
        const failed = await failureOf(call(), OpenAI.AuthenticationError, 401);
        assert.equal(failed.code, 'invalid_api_key');
        assert.equal(failed.headers.get('www-authenticate'), 'Bearer');
      }
    }
    assert.equal(upstream.requests.length, 0);
  });

  it('is a NotFoundError with another model, and nothing is charged', async (t) => {
    const { upstream, person, client } = await serverWith(t);
    for (const stream of [false, true]) {
      const call = client.chat.completions.create({ model: 'gpt-of-nobody', messages, stream });
      const failed = await failureOf(call, OpenAI.NotFoundError, 404);
      assert.equal(failed.code, 'model_not_found');
      assert.equal(failed.param, 'model');
    }
    assert.equal(upstream.requests.length, 0);
    assert.equal(await person.balance(), 4000);
  });

  it('is a NotFoundError where Parley has no such path', async (t) => {
    const { client } = await serverWith(t);
    const call = client.embeddings.create({ model, input: 'x' });
    const failed = await failureOf(call, OpenAI.NotFoundError, 404);
    assert.equal(failed.code, 'not_found');
  });

  it('is an APIError with a body that is too large', async (t) => {
    const { upstream, client } = await serverWith(t, { 'body-bytes-max': 2_000 });
    const large = [{ role: 'user', content: 'x'.repeat(2_000) }];
    const failed = await failureOf(client.chat.completions.create({ model, messages: large }), OpenAI.APIError, 413);
    assert.equal(failed.type, 'invalid_request_error');
    assert.equal(upstream.requests.length, 0);
  });

  it('names a long model in valid UTF-8', async (t) => {
    const { server, person } = await serverWith(t);
    const fields = { model: `x${'é'.repeat(150)}`, messages };
    const { body } = await server.post('/v1/chat/completions', fields, { token: person.token });
    new TextDecoder('utf-8', { fatal: true }).decode(body);
  });

  it('has the id of its request', async (t) => {
    const { client } = await serverWith(t);
    const call = client.chat.completions.create({ model, messages: [] });
    const failed = await failureOf(call, OpenAI.BadRequestError, 400);
    assert.equal(failed.requestID, failed.headers.get('request-id'));
    const { request_id } = await client.chat.completions.create({ model, messages }).withResponse();
    assert.match(request_id, /^[A-Za-z0-9._-]{1,128}$/);
  });

  it('is a RateLimitError beyond the requests that an account may have in flight', async (t) => {
    const { upstream, person, server, client } = await serverWith(t, { 'account-requests': 2 });
    const cues = [held(), held()];
    upstream.script(...cues.map(({ cue }) => cue));
    const calls = cues.map(() => client.chat.completions.create({ model, messages }));
    await Promise.all(cues.map(({ arrived }) => arrived()));
    for (const stream of [false, true]) {
      const call = client.chat.completions.create({ model, messages, stream });
      const failed = await failureOf(call, OpenAI.RateLimitError, 429);
      assert.equal(failed.code, 'rate_limit_exceeded');
      assert.match(failed.headers.get('retry-after'), /^[1-9]\d*$/);
    }
    cues.forEach(({ release }) => release());
    for (const call of calls) assert.equal((await call).object, 'chat.completion');
    assert.equal(await person.balance(), 3800);
    await expectSound(server, 2);
  });

  it('says that the tokens are only held, and the package may come back', async (t) => {
    const { upstream, client } = await serverWith(t, { 'starting-balance': 100 });
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const call = client.chat.completions.create({ model, messages });
    await arrived();
    const failed = await failureOf(client.chat.completions.create({ model, messages }), OpenAI.APIError, 402);
    assert.deepEqual(failed.error.metadata, { required: 100, available: 0, held: 100 });
    assert.match(failed.headers.get('retry-after'), /^[1-9]\d*$/);
    release();
    assert.equal((await call).object, 'chat.completion');
  });

  it("is a BadRequestError where the engine finds fault with the request, without the engine's words", async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const refusal = JSON.stringify({
      error: { message: 'UPSTREAM-SECRET-DETAIL', type: 'x', param: null, code: null },
    });
    for (const stream of [false, true]) {
      upstream.script(answered(refusal, 400));
      const call = client.chat.completions.create({ model, messages, stream });
      const failed = await failureOf(call, OpenAI.BadRequestError, 400);
      assert.equal(failed.code, 'engine_refused');
      assert.doesNotMatch(JSON.stringify(failed.error), /UPSTREAM-SECRET/);
    }
    assert.equal(await person.balance(), 4000);
    await expectSound(server, 0);
  });

  for (const [cue, status, code, streams = [false, true]] of [
    ['error500', 502, 'engine_failed'],
    ['html500', 502, 'engine_failed'],
    ['unauthorized', 502, 'engine_failed'],
    ['busy429', 503, 'engine_busy'],
    ['unavailable503', 503, 'engine_busy'],
    ['hang', 504, 'engine_timeout'],
    ['garbage', 502, 'engine_failed', [false]],
    ['cut', 502, 'engine_failed', [false]],
    ['reset', 502, 'engine_failed'],
  ]) {
    it(`is an InternalServerError where the engine fails with ${cue}`, async (t) => {
      for (const stream of streams) {
        const { upstream, server, person, client } = await serverWith(t);
        upstream.otherwise = CUES[cue];
        const call = client.chat.completions.create({ model, messages, stream });
        const failed = await failureOf(call, OpenAI.InternalServerError, status);
        assert.equal(failed.code, code);
        assert.equal(failed.type, 'server_error');
        assert.doesNotMatch(JSON.stringify(failed.error), /UPSTREAM-SECRET|127\.0\.0\.1|sk-test/);
        assert.equal(await person.balance(), 4000);
        assert.equal((await holds(server)).open, 0);
        await expectSound(server, 0);
      }
    });
  }

  for (const cue of ['garbage', 'cut', 'noChoices', 'emptyText']) {
    it(`is thrown while reading the stream whose engine said 200 and then failed with ${cue}`, async (t) => {
      const { upstream, server, person, client } = await serverWith(t);
      upstream.script(CUES[cue]);
      const call = client.chat.completions.create({ model, messages, stream: true }).then(everyChunk);
      const failed = await call.then(assert.fail, (error) => error);
      assert.ok(failed instanceof OpenAI.APIError, failed.stack);
      assert.equal(failed.code, 'engine_failed');
      assert.equal(await person.balance(), 4000);
      await expectSound(server, 0);
    });
  }

  it('in the middle of a stream is one that the package throws, and nothing is charged', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const engine = steered();
    upstream.script(engine.cue);
    const call = client.chat.completions.create({ model, messages, stream: true });
    await engine.arrived();
    engine.send(chunk({ role: 'assistant', content: 'Once' }));
    const iterator = (await call)[Symbol.asyncIterator]();
    await iterator.next();
    engine.send('{"choices": [UPSTREAM-SECRET-DETAIL');
    const failed = await iterator.next().then(assert.fail, (error) => error);
    assert.ok(failed instanceof OpenAI.APIError, failed.stack);
    assert.equal(failed.code, 'engine_failed');
    assert.doesNotMatch(JSON.stringify(failed.error), /UPSTREAM-SECRET/);
    await eventually('the hold to end', async () => (await holds(server)).open === 0);
    assert.equal(await person.balance(), 4000);
    await expectSound(server, 0);
  });
});

describe('the offline engine', () => {
  const server = Server.forSuite();
  const ask = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'First?' },
    { role: 'assistant', content: 'Second.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Grüße' },
        { type: 'text', text: ' 😀' },
      ],
    },
  ];
  const said = "AI response to 'Grüße 😀'";
  const counted = (text) => Math.ceil(Buffer.byteLength(text) / 4);
  const bytes = counted('Be brief.First?Second.Grüße 😀');
  const expected = { prompt_tokens: bytes, completion_tokens: counted(said), total_tokens: bytes + counted(said) };

  it('answers a completion with usage', async () => {
    const person = await Person.join(server);
    const { client } = clientOf(server, person.token);
    const data = await client.chat.completions.create({ model: 'offline', messages: ask });
    assert.match(data.id, /^chatcmpl-/);
    assert.equal(data.object, 'chat.completion');
    assert.equal(data.model, 'offline');
    assert.ok(Math.abs(data.created - Date.now() / 1000) < 600);
    assert.deepEqual(data.choices, [
      { index: 0, message: { role: 'assistant', content: said, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ]);
    assert.deepEqual(data.usage, expected);
    assert.equal(await person.balance(), 3900);
  });

  for (const include_usage of [true, false]) {
    it(`streams ${include_usage ? 'with usage as the last chunk' : 'without usage'}`, async () => {
      const person = await Person.join(server);
      const { client } = clientOf(server, (await newKey(person)).key);
      const options = { stream: true, stream_options: { include_usage } };
      const chunks = await everyChunk(
        await client.chat.completions.create({ model: 'offline', messages: ask, ...options }),
      );
      assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
      assert.ok(chunks.length > 4, 'word by word');
      assert.equal(textOf(chunks), said);
      assert.equal(new Set(chunks.map(({ id, created, object }) => `${id} ${created} ${object}`)).size, 1);
      const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean);
      assert.deepEqual(reasons, ['stop']);
      const usages = chunks.filter((each) => each.usage).map((each) => each.usage);
      assert.deepEqual(usages, include_usage ? [expected] : []);
      if (include_usage) assert.deepEqual(chunks.at(-1).choices, []);
      assert.equal(await person.balance(), 3900);
    });
  }

  it("gathers its stream with the package's own runner", async () => {
    const person = await Person.join(server);
    const { client } = clientOf(server, person.token);
    const runner = client.chat.completions.stream({ model: 'offline', messages: ask });
    assert.equal(await runner.finalContent(), said);
  });

  it('keeps turns that verify finds sound', () => expectSound(server, 4));
});
