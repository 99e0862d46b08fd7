// A local model: the server brings a llama-server along, answers at once that it is loading, survives its crashes, and
// never leaves it behind.

import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, it } from 'node:test';

import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { eventually } from '../harness/eventually.mjs';
import { expectOneSentence } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds, scrape } from '../harness/holds.mjs';
import { isRunning, LocalModel, processOf, STAND_IN } from '../harness/local_model.mjs';
import { Person } from '../harness/people.mjs';
import { parley, Server, temporaryFolder } from '../harness/server.mjs';

const CLEAN = { code: 0, signal: null };
const LOADING = 'The AI model is still loading; try again shortly.';

const isUp = async (server) => (await scrape(server)).value('parley_local_model_up') === 1;
const up = (server) => eventually('the local model being up', () => isUp(server));
const gone = (pid) => eventually('llama-server being gone', () => !isRunning(pid), 10_000);

/** A server with a local model, not waited for. */
async function serverWith(t, plans = [], settings = {}, environment = {}) {
  const model = new LocalModel(...plans);
  const server = await Server.startFor(t, model.options(settings, environment));
  t.after(() => model.starts.forEach(({ pid }) => assert.ok(!isRunning(pid), 'a llama-server was left behind')));
  return { model, server, person: await Person.join(server) };
}

async function upWith(t, ...more) {
  const all = await serverWith(t, ...more);
  await up(all.server);
  return all;
}

async function complete(server, person, fields) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${person.token}` };
  return server.request('POST', '/v1/chat/completions', { headers, body: JSON.stringify(fields) });
}

const messages = [{ role: 'user', content: 'What is up?' }];

async function expectSettled(server, settled, released = 0) {
  await expectHolds(server, { settled, released });
  await expectSound(server, settled);
}

describe('a local model', () => {
  it('answers chats and the OpenAI API, whole and streamed, each for its charge', async (t) => {
    const { model, server, person } = await upWith(t);
    assert.match(server.stdout, /^ *engine +llama_server \(.*tiny\.gguf/m);

    const chat = await person.chat('Hi');
    assert.equal(chat.status, 200, chat.text);
    assert.equal(chat.json().response, 'Answer to Hi');

    const stream = await EventStream.open(server, CHAT, 'Hi', { token: person.token });
    const text = (await stream.rest()).map(CHAT.text).join('');
    assert.equal(text, 'Answer to Hi');
    stream.connection.destroy();

    const whole = await complete(server, person, { model: 'tiny', messages });
    assert.equal(whole.status, 200, whole.text);
    assert.equal(whole.json().choices[0].message.content, 'Answer to What is up?');

    const relayed = await EventStream.open(server, COMPLETIONS, 'Hi', { token: person.token, more: { model: 'tiny' } });
    assert.equal((await relayed.rest()).at(-1).data, '[DONE]');
    relayed.connection.destroy();

    assert.equal(await person.balance(), 3600);
    assert.deepEqual(model.requests.map((request) => request.model), ['tiny', 'tiny', 'tiny', 'tiny']);
    await expectSettled(server, 4);
  });

  it('is the model that the list of models has', async (t) => {
    const { server, person } = await serverWith(t);
    const headers = { Authorization: `Bearer ${person.token}` };
    const listed = await server.request('GET', '/v1/models', { headers });
    assert.deepEqual(listed.json().data.map(({ id }) => id), ['tiny']);
  });

  it('says at once that it is loading, until it has loaded', async (t) => {
    const { model, server, person } = await serverWith(t, [{ loadsUntilTold: true }], { 'log-level': 'debug' });
    await eventually('llama-server listening', () => server.log.includes('line="main: loading model"'));
    const progress = () => server.log.match(/local_model_loading for_s=\d/g)?.length ?? 0;
    const said = progress();
    await eventually('the log saying that it goes on', () => progress() > said);
    const begun = Date.now();
    const chat = await person.chat();
    assert.ok(Date.now() - begun < 5_000);
    expectOneSentence(chat, 503, 'error');
    assert.equal(chat.json().error, LOADING);
    assert.match(chat.header('Retry-After'), /^[1-9]\d*$/);
    const whole = await complete(server, person, { model: 'tiny', messages });
    assert.equal(whole.status, 503);
    assert.equal(whole.json().error.code, 'engine_busy');
    assert.equal((await server.request('GET', '/readyz')).status, 200);
    assert.equal((await scrape(server)).value('parley_local_model_up'), 0);
    await expectSettled(server, 0, 2);

    model.tell('loaded');
    await up(server);
    assert.equal((await person.chat()).status, 200);
    assert.match(server.log, /local_model_up model=tiny/);
    assert.equal(await person.balance(), 3900);
    await expectSettled(server, 1, 2);
  });

  it('is found on PATH', async (t) => {
    const folder = temporaryFolder();
    symlinkSync(STAND_IN, path.join(folder, 'llama-server'));
    const PATH = `${folder}:${process.env.PATH}`;
    const { person } = await upWith(t, [], { 'llama-server-path': undefined }, { PATH });
    assert.equal((await person.chat()).status, 200);
  });

  it('may be a name on Hugging Face, which llama-server downloads', async (t) => {
    const named = 'ggml-org/gemma-3-1b-it-GGUF:Q4_K_M';
    const { model, person } = await upWith(t, [], { 'local-model': named, 'local-model-context': 2048 });
    const { args, port } = await model.started();
    const expected = ['--hf-repo', named, '--alias', 'gemma-3-1b-it', '--host', '127.0.0.1', '--port', `${port}`];
    assert.deepEqual(args, [...expected, '--ctx-size', '2048']);
    assert.equal((await person.chat()).status, 200);
  });

  it('answers nobody who has not its key, which stands on no command line and in no log', async (t) => {
    const secret = 'sk-not-for-llama';
    const { model, server, person } = await upWith(t, [], { 'log-level': 'debug' }, { OPENAI_API_KEY: secret });
    assert.equal((await person.chat()).status, 200);
    const { pid, port } = await model.started();
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    const [, key] = /(?:^|\0)LLAMA_API_KEY=([^\0]+)/.exec(environment);
    assert.ok(key.length >= 20);
    assert.doesNotMatch(environment, new RegExp(secret));
    for (const of of [pid, server.pid]) assert.ok(!readFileSync(`/proc/${of}/cmdline`, 'utf8').includes(key));
    assert.match(server.log, /local_model_says line="main: loading model"/);
    assert.ok(!server.log.includes(key));
    const refused = await new Promise((resolve) =>
      http.get({ host: '127.0.0.1', port, path: '/v1/models' }, (response) => resolve(response.resume())),
    );
    assert.equal(refused.statusCode, 401);
  });
});

describe('a local model that crashes', () => {
  it('in the middle of a stream costs nothing, and comes back', async (t) => {
    const { model, server, person } = await upWith(t);
    const [{ pid }] = model.starts;
    const stream = await EventStream.open(server, CHAT, 'crash', { token: person.token });
    const events = await stream.rest();
    assert.deepEqual(events[0], { type: 'delta', data: '{"text":"Half of an "}' });
    assert.equal(events.at(-1).type, 'error');
    stream.connection.destroy();
    await gone(pid);
    assert.equal(await person.balance(), 4000);
    await expectSettled(server, 0, 1);

    const second = await model.started(2);
    assert.notEqual(second.pid, pid);
    await up(server);
    assert.equal((await person.chat()).status, 200);
    assert.match(server.log, /warning local_model_died end=SIGSEGV/);
    assert.equal((await scrape(server)).value('parley_local_model_restarts_total'), 1);
    assert.equal(await person.balance(), 3900);
    await expectSettled(server, 1, 1);
  });

  it('while loading is started again, less and less often, and the log has its last words', async (t) => {
    const { model, server, person } = await serverWith(t, [{ says: ['cannot allocate it'], exitsWith: 3 }]);
    await model.started(3);
    const chat = await person.chat();
    assert.equal(chat.status, 503, chat.text);
    assert.equal(chat.json().error, LOADING);
    const [first, second, third] = model.starts.map(({ at }) => at);
    assert.ok(second - first >= 900, `${second - first} ms`);
    assert.ok(third - second >= 1_900, `${third - second} ms`);
    await eventually('the third failure being an error', () =>
      /error local_model_died_loading end="exit code 3"/.test(server.log),
    );
    await eventually('its last words', () => /error local_model_said line="cannot allocate it"/.test(server.log));
    await expectSettled(server, 0, 1);
  });

  it('while loading, once, answers after its second start', async (t) => {
    const { model, server, person } = await upWith(t, [{ crashesLoading: true }, {}]);
    assert.equal((await person.chat()).status, 200);
    assert.equal(model.starts.length, 2);
    assert.match(server.log, /local_model_died_loading end=SIGABRT/);
    await expectSettled(server, 1);
  });
});

describe('the end of a server with a local model', () => {
  it('by kill -9 is the end of llama-server', async (t) => {
    const { model, server } = await upWith(t);
    const { pid } = await model.started();
    assert.ok(isRunning(pid));
    await server.kill();
    await gone(pid);
    assert.ok(!model.wasTerminated);
    await expectSound(server, 0);
  });

  it('by kill -9 while it loads is the end of llama-server', async (t) => {
    const { model, server } = await serverWith(t, [{ loadsUntilTold: true, ignoresTerm: true }]);
    const { pid } = await model.started();
    await server.kill();
    await gone(pid);
  });

  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`by ${signal} finishes the chat in flight, and then ends llama-server`, async (t) => {
      const { model, server, person } = await upWith(t);
      const { pid } = await model.started();
      assert.equal(processOf(pid).group, pid, 'Ctrl-C must not reach it');
      const chat = person.chat('wait');
      await model.asked();
      server.signal(signal);
      await eventually('the server draining', () => server.log.includes(' stopping '));
      assert.ok(isRunning(pid));
      model.tell('go on');
      const response = await chat;
      assert.equal(response.status, 200, response.text);
      assert.deepEqual(await server.terminate(), CLEAN);
      assert.ok(!isRunning(pid));
      assert.ok(model.wasTerminated);
      await expectSound(server, 1);
    });
  }

  it('takes a llama-server along that ignores SIGTERM', async (t) => {
    const { model, server } = await upWith(t, [{ ignoresTerm: true }]);
    const { pid } = await model.started();
    assert.deepEqual(await server.terminate(), CLEAN);
    assert.ok(!isRunning(pid));
    assert.match(server.log, /local_model_killed/);
  });

  it('comes at once between two starts of llama-server', async (t) => {
    const { model, server } = await serverWith(t, [{ exitsWith: 1 }]);
    await model.started(2);
    const begun = Date.now();
    assert.deepEqual(await server.terminate(), CLEAN);
    assert.ok(Date.now() - begun < 5_000);
  });
});

describe('a local model that is not there', () => {
  const serve = (...args) => parley(['serve', '--data', temporaryFolder(), '--listen', '127.0.0.1:0', ...args]);

  it('for want of the program fails the start with what to install', async () => {
    const { file } = new LocalModel();
    const { code, stderr } = await serve('--local-model', file, '--llama-server-path', 'no-such-llama-server');
    assert.equal(code, 1);
    assert.match(stderr, /^parley: A local model needs llama-server, and no-such-llama-server is not on PATH\./m);
    assert.match(stderr, /brew install llama\.cpp.*https:\/\/github\.com\/ggml-org\/llama\.cpp.*llama-server-path/);
  });

  it('for want of its file fails the start by its name', async () => {
    const { code, stderr } = await serve('--local-model', '/nowhere/gemma.gguf', '--llama-server-path', STAND_IN);
    assert.equal(code, 1);
    assert.match(stderr, /^parley: The local model's file \/nowhere\/gemma\.gguf is not there\.$/m);
  });

  it('for want of a name that makes sense fails the start', async () => {
    const { code, stderr } = await serve('--local-model', 'gemma', '--llama-server-path', STAND_IN);
    assert.equal(code, 1);
    assert.match(stderr, /neither a file that is there nor a name on Hugging Face/);
  });

  it('for want of its setting is refused', async () => {
    const { code, stderr } = await serve('--engine', 'llama_server');
    assert.equal(code, 2);
    assert.match(stderr, /needs a local-model/);
  });
});
