// A model that several engines serve: who is asked, in which order, and that it is one turn whatever fails.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CHAT, COMPLETIONS, EventStream } from '../harness/event_stream.mjs';
import { expectSound } from '../harness/figures.mjs';
import { expectHolds, scrape } from '../harness/holds.mjs';
import { Person } from '../harness/people.mjs';
import { played, saying } from '../harness/recording.mjs';
import { serverWithCatalog } from '../harness/settings_file.mjs';
import { CUES } from '../harness/upstream.mjs';

const CATALOG = `
[[models]]
name = "scripted"
engines = [
  { engine = "upstream0", upstream-model = "first" },
  { engine = "upstream1", upstream-model = "second" },
]
`;

async function start(t, settings = {}) {
  const { server, upstreams } = await serverWithCatalog(t, CATALOG, { upstreams: 2, settings });
  const [first, second] = upstreams;
  return { server, first, second, person: await Person.join(server) };
}

async function expectTurns(server, person, { settled, released = 0 }) {
  assert.equal(await person.balance(), 4000 - 100 * settled);
  await expectHolds(server, { settled, released });
  await expectSound(server, settled);
}

const failovers = async (server) =>
  (await scrape(server)).value(
    'parley_engine_failovers_total',
    { engine: 'upstream0', model: 'scripted', upstream_model: 'first' },
  );

describe('failover', () => {
  it('does not ask the second engine while the first answers', async (t) => {
    const { server, first, second, person } = await start(t);
    assert.equal((await person.chat()).status, 200);
    assert.equal(JSON.parse(first.requests[0].body).model, 'first');
    assert.equal(second.requests.length, 0);
    await expectTurns(server, person, { settled: 1 });
  });

  const failures = ['error500', 'unauthorized', 'busy429', 'unavailable503', 'gateway502', 'hang', 'reset', 'cut'];
  for (const cue of [...failures, 'garbage']) {
    it(`asks the second engine once where the first has ${cue}: one hold, one charge`, async (t) => {
      const { server, first, second, person } = await start(t, { 'engine-first-byte-seconds': 1 });
      first.otherwise = CUES[cue];
      const response = await person.chat('Who are you?');
      assert.equal(response.status, 200, response.text);
      assert.equal(response.json().response, 'Answer to Who are you?');
      assert.equal(second.requests.length, 1);
      assert.equal(JSON.parse(second.requests[0].body).model, 'second');
      assert.equal(await failovers(server), 1);
      await expectTurns(server, person, { settled: 1 });
    });
  }

  it('leaves an engine alone for as long as it asked', async (t) => {
    const { server, first, second, person } = await start(t);
    first.otherwise = CUES.busy429;
    for (let i = 0; i < 4; ++i) assert.equal((await person.chat()).status, 200);
    assert.equal(first.requests.length, 1, 'it asked for 7 s');
    assert.equal(second.requests.length, 4);
    await expectTurns(server, person, { settled: 4 });
  });

  it('skips an engine that failed five times in a row', async (t) => {
    const { server, first, second, person } = await start(t);
    first.otherwise = CUES.error500;
    for (let i = 0; i < 8; ++i) assert.equal((await person.chat()).status, 200);
    assert.equal(first.requests.length, 5);
    assert.equal(second.requests.length, 8);
    await expectTurns(server, person, { settled: 8 });
  });

  it('ends within one deadline, however many engines are asked', async (t) => {
    const { server, first, second, person } = await start(t, {
      'engine-first-byte-seconds': 2,
      'engine-whole-seconds': 3,
    });
    first.otherwise = CUES.hang;
    second.otherwise = CUES.hang;
    const begin = Date.now();
    assert.equal((await person.chat()).status, 504);
    assert.ok(Date.now() - begin < 3900, `${Date.now() - begin} ms`);
    assert.equal(second.requests.length, 1);
    await expectTurns(server, person, { settled: 0, released: 1 });
  });

  it('answers with one plain error where all engines fail', async (t) => {
    const { server, first, second, person } = await start(t);
    first.otherwise = CUES.unauthorized;
    second.otherwise = CUES.error500;
    const response = await person.chat();
    assert.equal(response.status, 502);
    assert.deepEqual(Object.keys(response.json()), ['error']);
    await expectTurns(server, person, { settled: 0, released: 1 });
  });

  it('does not ask another engine about a request that one refused for what it is', async (t) => {
    const { server, first, second, person } = await start(t);
    first.otherwise = (asked, response) => {
      response.writeHead(400);
      response.end('{}');
    };
    assert.equal((await person.chat()).status, 502);
    assert.equal(second.requests.length, 0);
    await expectTurns(server, person, { settled: 0, released: 1 });
  });

  for (const api of [CHAT, COMPLETIONS]) {
    it(`streams from the second engine under ${api.path}`, async (t) => {
      const { server, first, second, person } = await start(t);
      first.otherwise = CUES.error500;
      second.otherwise = played(saying('Hello ', 'there'));
      const stream = await EventStream.open(server, api, 'Hi', { token: person.token });
      const events = await stream.rest();
      assert.ok(api.isLast(events.at(-1)), JSON.stringify(events));
      assert.equal(JSON.parse(second.requests[0].body).model, 'second');
      await expectTurns(server, person, { settled: 1 });
    });

    it(`never begins again after the first byte under ${api.path}`, async (t) => {
      const { server, first, second, person } = await start(t);
      first.otherwise = (asked, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n', () =>
          response.destroy(),
        );
      };
      const stream = await EventStream.open(server, api, 'Hi', { token: person.token });
      assert.ok(api.isError((await stream.rest()).at(-1)));
      assert.equal(second.requests.length, 0);
      await expectTurns(server, person, { settled: 0, released: 1 });
    });
  }
});
