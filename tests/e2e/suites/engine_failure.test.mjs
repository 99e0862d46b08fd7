// The engine fails in every way that an upstream can: the client reads one plain sentence and is charged nothing.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectOneSentence } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { CUES, Upstream } from '../harness/upstream.mjs';

const SETTINGS = { 'engine-first-byte-seconds': 1, 'engine-whole-seconds': 2, 'engine-connect-seconds': 1 };

async function serverWith(t, settings = {}) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  const server = await Server.startFor(t, { settings: { ...upstream.settings(), ...SETTINGS, ...settings } });
  return { upstream, server, person: await Person.join(server) };
}

async function expectUncharged(server, person) {
  assert.equal(await person.balance(), 4000);
  await expectSound(server, 0);
}

describe('an engine that answers', () => {
  it('is asked with the message, the model and the key, and its text is the response', async (t) => {
    const { upstream, person } = await serverWith(t);
    const response = await person.chat('What is "up"?\n😀');
    assert.equal(response.status, 200, response.text);
    assert.equal(response.json().response, 'Answer to What is "up"?\n😀');
    const [asked] = upstream.requests;
    assert.equal(`${asked.method} ${asked.path}`, 'POST /v1/chat/completions');
    assert.equal(asked.headers.authorization, 'Bearer sk-test-upstream');
    const body = JSON.parse(asked.body);
    assert.equal(body.model, 'scripted');
    assert.deepEqual(body.messages, [{ role: 'user', content: 'What is "up"?\n😀' }]);
  });
});

describe('an engine that fails', () => {
  for (const [cue, status] of [
    ['error500', 502],
    ['html500', 502],
    ['unauthorized', 502],
    ['busy429', 503],
    ['unavailable503', 503],
    ['gateway502', 502],
    ['hang', 504],
    ['garbage', 502],
    ['noChoices', 502],
    ['emptyText', 502],
    ['oversize', 502],
    ['cut', 502],
    ['reset', 502],
    ['redirect', 502],
  ]) {
    it(`with ${cue} is answered with ${status}, and nothing is charged`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      upstream.otherwise = CUES[cue];
      const response = await person.chat();
      expectOneSentence(response, status, 'error');
      assert.doesNotMatch(response.head + response.text, /UPSTREAM-SECRET|127\.0\.0\.1|sk-test/);
      if (status === 503) assert.match(response.header('Retry-After'), /^[1-9]\d*$/);
      if (cue === 'busy429') assert.equal(response.header('Retry-After'), '7', 'as the upstream asked');
      await expectUncharged(server, person);
      assert.doesNotMatch(server.log, /sk-test-upstream/);
    });
  }

  it('by not being there is answered with 502 or 503, and nothing is charged', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    await upstream.stop();
    const response = await person.chat();
    assert.ok([502, 503].includes(response.status), response.text);
    expectOneSentence(response, response.status, 'error');
    await expectUncharged(server, person);
  });

  for (const cue of ['reset', 'unavailable503', 'gateway502']) {
    it(`once with ${cue} is tried again before the client hears of it`, async (t) => {
      const { upstream, server, person } = await serverWith(t);
      upstream.script(CUES[cue]);
      const response = await person.chat();
      assert.equal(response.status, 200, response.text);
      assert.equal(upstream.requests.length, 2);
      assert.equal(await person.balance(), 3900);
      await expectSound(server, 1);
    });
  }

  it('for long is left alone for a while', async (t) => {
    const { upstream, person } = await serverWith(t);
    upstream.otherwise = CUES.error500;
    for (let i = 0; i < 12; i += 1) await person.chat();
    const asked = upstream.requests.length;
    const response = await person.chat();
    assert.equal(response.status, 503, response.text);
    assert.equal(upstream.requests.length, asked);
  });

  it('leaves health and balance alone', async (t) => {
    const { upstream, server, person } = await serverWith(t);
    upstream.otherwise = CUES.hang;
    const chat = person.chat();
    assert.equal((await server.request('GET', '/readyz')).status, 200);
    assert.equal((await chat).status, 504);
    assert.equal(await person.balance(), 4000);
  });
});
