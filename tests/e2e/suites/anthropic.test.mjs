// Anthropic's Messages API as the engine: both APIs speak through it, OpenAI's clients notice nothing, and whatever way
// it fails, the client reads one plain sentence and pays nothing.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import OpenAI from 'openai';

import {
  answered,
  AnthropicUpstream,
  broken,
  call,
  CUES,
  errorOf,
  eventsOf,
  message,
  replied,
  streamed,
  text,
} from '../harness/anthropic_upstream.mjs';
import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectOneSentence } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds } from '../harness/holds.mjs';
import { clientOf, everyChunk, textOf } from '../harness/openai_client.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

const SETTINGS = { 'engine-first-byte-seconds': 2, 'engine-whole-seconds': 5, 'engine-connect-seconds': 1 };
const model = 'claude-scripted';
const messages = [{ role: 'user', content: 'What is "up"? 😀' }];
const asked = (content) => [{ role: 'user', content: [{ type: 'text', text: content }] }];
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const OF_MODEL = { ...COMPLETIONS, fields: (question) => ({ ...COMPLETIONS.fields(question), model }) };

async function serverWith(t, settings = {}) {
  const upstream = await AnthropicUpstream.startFor(t);
  const { settings: own, environment } = upstream.options;
  const server = await Server.startFor(t, { settings: { ...own, ...SETTINGS, ...settings }, environment });
  const person = await Person.join(server);
  return { upstream, server, person, ...clientOf(server, person.token) };
}

async function expectBooks(server, { settled, released = 0 }) {
  await expectHolds(server, { settled, released });
  await expectSound(server, settled);
}

function expectDiscreet(response) {
  assert.doesNotMatch(response.head + response.text, /UPSTREAM-SECRET|SECRET THOUGHT|127\.0\.0\.1|sk-ant|nthropic/);
}

describe('/api/chat/ with Anthropic', () => {
  it('asks for the message with the key, and has the text', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const response = await person.chat('What is "up"?\n😀');
    assert.equal(response.status, 200, response.text);
    assert.equal(response.json().response, 'Answer to What is "up"?\n😀');
    const [{ method, path, headers, json }] = upstream.requests;
    assert.equal(`${method} ${path}`, 'POST /v1/messages');
    assert.equal(headers['x-api-key'], 'sk-ant-test');
    assert.equal(headers['anthropic-version'], '2023-06-01');
    assert.equal(headers.authorization, undefined);
    assert.deepEqual(json, { model, max_tokens: 4096, messages: asked('What is "up"?\n😀') });
    assert.doesNotMatch(server.log, /sk-ant-test/);
    assert.equal(await person.balance(), 3900);
    await expectBooks(server, { settled: 1 });
  });

  it('streams the text and nothing of a thought', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    const stream = await EventStream.open(server, CHAT, 'Grüße 😀', { token: person.token });
    const events = await stream.rest();
    assert.equal(events.map(CHAT.text).join(''), 'Answer to Grüße 😀');
    assert.ok(CHAT.isLast(events.at(-1)));
    assert.doesNotMatch(JSON.stringify(events), /THOUGHT/);
    assert.equal(upstream.requests[0].json.stream, true);
    assert.equal(await person.balance(), 3900);
    await expectBooks(server, { settled: 1 });
  });
});

describe('the openai package with Anthropic', () => {
  it('gets a completion', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const before = Math.floor(Date.now() / 1000);
    const data = await client.chat.completions.create({ model, messages });
    assert.deepEqual(upstream.requests[0].json, { model, max_tokens: 4096, messages: asked(messages[0].content) });
    assert.equal(data.id, 'chatcmpl-01');
    assert.equal(data.object, 'chat.completion');
    assert.equal(data.model, model);
    assert.ok(data.created >= before && data.created <= Date.now() / 1000);
    const said = { role: 'assistant', content: `Answer to ${messages[0].content}`, refusal: null };
    assert.deepEqual(data.choices, [{ index: 0, message: said, logprobs: null, finish_reason: 'stop' }]);
    assert.deepEqual(data.usage, usage);
    assert.equal(await person.balance(), 3900);
    await expectBooks(server, { settled: 1 });
  });

  it('gets a stream, with usage where it asks for it', async (t) => {
    const { server, client } = await serverWith(t);
    const plain = await everyChunk(await client.chat.completions.create({ model, messages, stream: true }));
    assert.equal(textOf(plain), `Answer to ${messages[0].content}`);
    assert.deepEqual(plain[0].choices[0].delta, { role: 'assistant', content: '' });
    assert.equal(plain.at(-1).choices[0].finish_reason, 'stop');
    assert.ok(plain.every((chunk) => chunk.id === 'chatcmpl-01' && chunk.model === model && chunk.usage === undefined));

    const options = { stream: true, stream_options: { include_usage: true } };
    const counted = await everyChunk(await client.chat.completions.create({ model, messages, ...options }));
    assert.equal(counted.length, plain.length + 1);
    assert.deepEqual(counted.at(-1).usage, usage);
    assert.deepEqual(counted.at(-1).choices, []);
    await expectBooks(server, { settled: 2 });
  });

  it('has system, image, tools and limits translated', async (t) => {
    const { upstream, server, client } = await serverWith(t, { 'output-model-tokens-max': 100 });
    const image = Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 37) % 256)).toString('base64');
    const schema = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] };
    const called = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"place":"Ōtsu"}' } };
    await client.chat.completions.create({
      model,
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          ],
        },
        { role: 'assistant', content: null, tool_calls: [called] },
        { role: 'tool', tool_call_id: 'call_1', content: 'clear' },
        { role: 'user', content: 'So?' },
      ],
      tools: [{ type: 'function', function: { name: 'weather', description: 'Tells it.', parameters: schema } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      max_completion_tokens: 4096,
      temperature: 1.5,
      stop: ['END', '\n\n'],
      seed: 7,
      user: 'me',
    });
    const [{ json }] = upstream.requests;
    assert.deepEqual(json, {
      model,
      max_tokens: 100,
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } },
            { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
          ],
        },
        { role: 'assistant', content: [call('call_1', 'weather', { place: 'Ōtsu' })] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: 'clear' },
            { type: 'text', text: 'So?' },
          ],
        },
      ],
      tools: [{ name: 'weather', description: 'Tells it.', input_schema: schema }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      stop_sequences: ['END', '\n\n'],
      temperature: 1,
      metadata: { user_id: 'me' },
    });
    await expectBooks(server, { settled: 1 });
  });

  for (const [stopReason, finishReason] of [
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop'],
    ['refusal', 'content_filter'],
  ]) {
    it(`reads ${stopReason} as ${finishReason}, whole and streamed`, async (t) => {
      const { upstream, server, client } = await serverWith(t);
      upstream.otherwise = replied([text('as far as it goes')], stopReason);
      const whole = await client.chat.completions.create({ model, messages });
      assert.equal(whole.choices[0].finish_reason, finishReason);
      const chunks = await everyChunk(await client.chat.completions.create({ model, messages, stream: true }));
      assert.equal(chunks.at(-1).choices[0].finish_reason, finishReason);
      await expectBooks(server, { settled: 2 });
    });
  }

  it('runs tools to the final answer, whole and streamed', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    for (const stream of [false, true]) {
      const calls = [call('t1', 'weather', { place: 'Kyōto "上"' }), call('t2', 'time', {})];
      upstream.script(replied([text('Let me see.'), ...calls], 'tool_use'), replied([text('It is clear.')]));
      const given = [];
      const tool = (name) => ({
        type: 'function',
        function: { name, parameters: { type: 'object' }, parse: JSON.parse, function: (it) => given.push(it) && name },
      });
      const tools = [tool('weather'), tool('time')];
      const runner = client.chat.completions.runTools({ model, messages, tools, stream });
      assert.equal(await runner.finalContent(), 'It is clear.');
      assert.deepEqual(given, [{ place: 'Kyōto "上"' }, {}]);
      const { json } = upstream.requests.at(-1);
      assert.deepEqual(json.messages.slice(1), [
        { role: 'assistant', content: [text('Let me see.'), ...calls] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'weather' },
            { type: 'tool_result', tool_use_id: 't2', content: 'time' },
          ],
        },
      ]);
    }
    assert.equal(await person.balance(), 3600);
    await expectBooks(server, { settled: 4 });
  });

  it('is told which field has no equal, and the engine is not asked', async (t) => {
    const { upstream, server, person, client } = await serverWith(t);
    const refused = [
      [{ response_format: { type: 'json_object' } }, 'The AI does not know response_format.'],
      [{ logprobs: true }, 'The AI does not know logprobs.'],
      [
        { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }] },
        'The AI does not know messages[0].content[0].type.',
      ],
    ];
    for (const [fields, sentence] of refused) {
      for (const stream of [false, true]) {
        const failed = await client.chat.completions.create({ model, messages, stream, ...fields }).then(
          () => assert.fail('it was answered'),
          (error) => error,
        );
        assert.equal(failed.constructor, OpenAI.BadRequestError);
        assert.equal(failed.error.message, sentence);
      }
    }
    assert.equal(upstream.requests.length, 0);
    assert.equal(await person.balance(), 4000);
    await expectBooks(server, { settled: 0, released: 6 });
  });

  it('gets the same stream again for the same idempotency key', async (t) => {
    const { upstream, server, client } = await serverWith(t);
    const headers = { 'Idempotency-Key': 'order-1' };
    const asking = () => client.chat.completions.create({ model, messages, stream: true }, { headers });
    const first = await everyChunk(await asking());
    assert.deepEqual(await everyChunk(await asking()), first);
    assert.equal(upstream.requests.length, 1);
    await expectBooks(server, { settled: 1 });
  });
});

describe('Anthropic failing', () => {
  for (const [cue, chatStatus, completionStatus] of [
    ['invalid400', 502, 400],
    ['unauthorized401', 502, 502],
    ['forbidden403', 502, 502],
    ['unknown404', 502, 502],
    ['tooLarge413', 502, 400],
    ['busy429', 503, 503],
    ['error500', 502, 502],
    ['overloaded529', 503, 503],
    ['reset', 502, 502],
  ]) {
    it(`with ${cue} is told in one sentence, whole and streamed, and nothing is charged`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      upstream.otherwise = CUES[cue];
      for (const stream of [false, true]) {
        for (const [dialect, status] of [
          [CHAT, chatStatus],
          [OF_MODEL, completionStatus],
        ]) {
          const asking = await EventStream.ask(server, dialect, 'Hi', { token: person.token, more: { stream } });
          const response = await asking.head();
          assert.equal(response.status, status, response.text);
          if (dialect === CHAT) expectOneSentence(response, status, 'error');
          else assert.match(response.json().error.message, /^The AI [^{]+\.$/);
          if (status === 503) assert.match(response.header('Retry-After'), /^[1-9]\d*$/);
          if (cue === 'busy429') assert.equal(response.header('Retry-After'), '7', 'as the upstream asked');
          expectDiscreet(response);
        }
      }
      assert.doesNotMatch(server.log, /sk-ant-test|UPSTREAM-SECRET/);
      assert.equal(await person.balance(), 4000);
      await expectBooks(server, { settled: 0, released: 4 });
    });
  }

  for (const cue of ['garbage', 'noContent', 'emptyText', 'cut']) {
    it(`with ${cue} in a whole reply is answered with 502, and nothing is charged`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      upstream.otherwise = CUES[cue];
      const response = await person.chat();
      expectOneSentence(response, 502, 'error');
      expectDiscreet(response);
      assert.equal(await person.balance(), 4000);
      await expectBooks(server, { settled: 0, released: 1 });
    });
  }

  it('once with overloaded529 is tried again before the client hears of it', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.script(CUES.overloaded529);
    assert.equal((await person.chat()).status, 200);
    assert.equal(upstream.requests.length, 2);
    await expectBooks(server, { settled: 1 });
  });

  for (const type of ['overloaded_error', 'rate_limit_error']) {
    it(`with ${type} in a stream before it said anything is busy, and nothing is charged`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      upstream.otherwise = streamed([...eventsOf([]).slice(0, 2), errorOf(type)]);
      for (const dialect of [CHAT, OF_MODEL]) {
        const response = await (await EventStream.ask(server, dialect, 'Hi', { token: person.token })).head();
        assert.equal(response.status, 503, response.text);
        assert.match(response.header('Retry-After'), /^[1-9]\d*$/);
        expectDiscreet(response);
      }
      assert.equal(await person.balance(), 4000);
      await expectBooks(server, { settled: 0, released: 2 });
    });
  }

  it('with an error after it said something ends the stream with an error, and nothing is charged', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.otherwise = streamed([...eventsOf([text('Once upon')]).slice(0, 7), errorOf('overloaded_error')]);
    for (const dialect of [CHAT, OF_MODEL]) {
      const events = await (await EventStream.open(server, dialect, 'Hi', { token: person.token })).rest();
      assert.match(JSON.stringify(events), /Once/);
      assert.ok(dialect.isError(events.at(-1)), JSON.stringify(events.at(-1)));
      assert.match(events.at(-1).data, /"The AI could not answer\."/);
      assert.doesNotMatch(JSON.stringify(events), /UPSTREAM-SECRET/);
    }
    assert.equal(await person.balance(), 4000);
    await expectBooks(server, { settled: 0, released: 2 });
  });

  it('for long is left alone for a while', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.otherwise = CUES.error500;
    for (let i = 0; i < 5; i += 1) await person.chat();
    assert.equal((await person.chat()).status, 503);
    assert.equal(upstream.requests.length, 5);
    await expectBooks(server, { settled: 0, released: 6 });
  });

  it('with a reply that is no completion of its own is told so to OpenAI clients, too', async (t) => {
    const { upstream, server, client } = await serverWith(t);
    upstream.otherwise = answered({ ...message([text('x')]), content: 'UPSTREAM-SECRET-DETAIL' });
    await assert.rejects(client.chat.completions.create({ model, messages }), OpenAI.InternalServerError);
    await expectBooks(server, { settled: 0, released: 1 });
  });
});

describe('a stream of Anthropic that ends after any event', () => {
  const EVENTS = eventsOf([text('Grüße, "you"\n😀'), call('t1', 'f', { a: 'ü' })], 'tool_use');

  for (const [way, cueOf] of Object.entries({ 'the connection closed': broken, 'the body ended': streamed })) {
    for (const [name, dialect] of Object.entries({ '/api/chat/': CHAT, '/v1/chat/completions': OF_MODEL })) {
      it(`by ${way} is told as an error and costs nothing: ${name}`, async (t) => {
        const { upstream, server } = await serverWith(t);
        for (let count = 0; count < EVENTS.length; count += 1) {
          const person = await Person.join(server);
          upstream.script(cueOf(EVENTS.slice(0, count)));
          const stream = await EventStream.ask(server, dialect, 'Hi', { token: person.token });
          const response = await stream.head();
          if (stream.isStream) {
            const last = (await stream.rest()).at(-1);
            assert.ok(dialect.isError(last), `after ${count} events: ${JSON.stringify(last)}`);
          } else {
            assert.equal(response.status, 502, `after ${count} events: ${response.text}`);
          }
          assert.equal(await person.balance(), 4000, `after ${count} events`);
          upstream.script(streamed(EVENTS));
          const good = await (await EventStream.ask(server, dialect, 'Hi', { token: person.token })).rest();
          assert.ok(dialect.isLast(good.at(-1)));
          assert.equal(await person.balance(), 3900);
        }
        await expectBooks(server, { settled: EVENTS.length, released: EVENTS.length });
      });
    }
  }
});
