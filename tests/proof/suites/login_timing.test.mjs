// Who logs in with a wrong password learns nothing from the time that the answer takes: not whether the user is known,
// nor whether the account is disabled.
//
// The hash is as cheap as it can be, so that whatever differs beside it shows as much as it can. Kinds are tried in
// pairs of random order on one kept connection: what drifts hits both alike.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { encode } from '../../e2e/harness/connection.mjs';
import { newName, Person } from '../../e2e/harness/people.mjs';
import { parley, Server } from '../../e2e/harness/server.mjs';
import { boundsOfChance, judgeSamples, shuffled, toldApart } from '../harness/told_apart.mjs';

const TRIES = Number(process.env.PARLEY_PROOF_TRIES ?? (process.env.PARLEY_PROOF === 'long' ? 20_000 : 5_000));
const TRIES_OF_A_NAME = 5; // wrong passwords that every account takes unthrottled: 10
const DISABLED_TRIES_OF_A_NAME = 50;
const REGISTRATIONS_AT_ONCE = 16;
const REFUSED = '401 {"error":"Invalid credentials"}';

const namesOf = (tries, ofEach) => Array.from({ length: Math.ceil(tries / ofEach) }, () => newName('who'));

function loginAs(username, password = 'not the password') {
  const headers = { 'Content-Type': 'application/json' };
  return encode('POST', '/api/login/', { headers, body: JSON.stringify({ username, password }) });
}

/** Several at a time: they wait for the disk, and hashing has a short queue. */
async function register(server, names) {
  for (let at = 0; at < names.length; at += REGISTRATIONS_AT_ONCE) {
    const some = names.slice(at, at + REGISTRATIONS_AT_ONCE);
    await Promise.all(some.map((name) => new Person(server, name).register()));
  }
}

/** The time of one answer in microseconds; the answer must be this. */
async function timed(connection, bytes, answer) {
  const begun = process.hrtime.bigint();
  connection.write(bytes);
  const response = await connection.response();
  const took = process.hrtime.bigint() - begun;
  assert.equal(`${response.status} ${response.text}`, answer);
  return Number(took) / 1000;
}

/** The times of two kinds: {requests, answer}, each request tried `ofEach` times, in pairs whose order is random. */
async function timesOf(server, ones, others, ofEach) {
  const connection = (await server.connect()).unjudged();
  const kinds = [ones, others].map((kind) => ({ answer: REFUSED, ...kind, times: [] }));
  try {
    for (let round = 0; round < ofEach; round += 1) {
      for (let at = 0; at < ones.requests.length; at += 1) {
        for (const { requests, answer, times } of shuffled(kinds)) {
          times.push(await timed(connection, requests[at], answer));
        }
      }
    }
  } finally {
    connection.destroy();
  }
  return kinds.map(({ times }) => times);
}

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

function told(t, times) {
  const judged = judgeSamples(...times);
  const medians = times.map((each) => `${median(each).toFixed(0)} µs`).join(' and ');
  t.diagnostic(`${times.flat().length} tries, medians ${medians}: ${judged.figures}`);
  return judged;
}

describe('the time of a refused login', () => {
  it('does not tell a known user from an unknown one', async (t) => {
    const server = await Server.startFor(t);
    const known = namesOf(TRIES / 2, TRIES_OF_A_NAME);
    const unknown = namesOf(TRIES / 2, TRIES_OF_A_NAME);
    await register(server, known);
    const kinds = [known, unknown].map((names) => ({ requests: names.map((name) => loginAs(name)) }));
    const judged = told(t, await timesOf(server, ...kinds, TRIES_OF_A_NAME));
    assert.ok(judged.isChance, judged.figures);
  });

  it('does not tell a disabled account, whatever the password, from an unknown user', async (t) => {
    const settings = { 'login-failures-per-account-burst': 1000 };
    const server = await Server.startFor(t, { settings });
    const disabled = namesOf(TRIES / 4, DISABLED_TRIES_OF_A_NAME);
    const unknown = namesOf(TRIES / 4, DISABLED_TRIES_OF_A_NAME);
    await register(server, disabled);
    for (const name of disabled) {
      const { code, stderr } = await parley(['user', 'disable', '--data', server.folder, name]);
      assert.equal(code, 0, stderr);
    }
    for (const password of ['not the password', 'correct horse battery']) {
      const kinds = [disabled, unknown].map((names) => ({ requests: names.map((name) => loginAs(name, password)) }));
      const judged = told(t, await timesOf(server, ...kinds, DISABLED_TRIES_OF_A_NAME));
      assert.ok(judged.isChance, judged.figures);
    }
  });
});

describe('the comparison of times', () => {
  it('tells apart what takes a different way', async (t) => {
    const server = await Server.startFor(t, { settings: { 'login-failures-per-account-burst': 1000 } });
    const names = namesOf(TRIES / 10, 10);
    const [wrong, blank] = ['not the password', ''].map((password) => names.map((name) => loginAs(name, password)));
    const unhashed = { requests: blank, answer: '400 {"password":["This field may not be blank."]}' };
    const judged = told(t, await timesOf(server, { requests: wrong }, unhashed, 10));
    assert.ok(!judged.isChance, judged.figures);
  });

  it('sees a shift of a tenth of what the times are spread by, and a spread without a shift', () => {
    const count = 2_500;
    const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    const samples = (mean, deviation) => Array.from({ length: count }, () => mean + deviation * normal());
    assert.ok(judgeSamples(samples(300, 20), samples(300, 20)).isChance);
    assert.ok(!judgeSamples(samples(300, 20), samples(308, 20)).isChance, 'a shift');
    assert.ok(!judgeSamples(samples(300, 20), samples(300, 40)).isChance, 'a spread');
  });

  it('counts as one would by hand', () => {
    assert.deepEqual(toldApart([1, 2, 3], [4, 5]), { area: 1, advantage: 1 });
    assert.deepEqual(toldApart([4, 5], [1, 2, 3]), { area: 0, advantage: 1 });
    assert.deepEqual(toldApart([1, 2], [1, 2]), { area: 0.5, advantage: 0 });
    assert.deepEqual(toldApart([1, 2], [2, 3]), { area: 0.875, advantage: 0.5 });
    assert.equal(boundsOfChance(2_500, 2_500).area.toFixed(4), '0.0367');
  });
});
