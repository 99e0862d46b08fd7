// Every fault of docs/faults.md is provoked, in every kind of request that its row names, and held to what the row
// says: the answer, the charge, the saved turn, and that no hold stays open. The document is what is tested from.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { expectSound } from '../../e2e/harness/figures.mjs';
import { holdsOf } from '../../e2e/harness/holds.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { serverWithCatalog } from '../../e2e/harness/settings_file.mjs';
import { Upstream } from '../../e2e/harness/upstream.mjs';
import { CLIENT_FAULTS } from '../harness/client_faults.mjs';
import { ENGINE_FAULTS, well } from '../harness/engine_faults.mjs';
import { expectSameFaults, parseFaults } from '../harness/fault_table.mjs';
import { MeteredRequest } from '../harness/metered_request.mjs';

const OPENING_BALANCE = 4000;
const AT_ONCE = 4;

const text = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8');
const table = parseFaults(text);

async function settingFor(t, { settings = {}, environment, catalog, unreachable } = {}) {
  if (catalog) return serverWithCatalog(t, catalog, { settings });
  if (unreachable) {
    const engine = await unreachable(t);
    const options = { engine: 'openai', 'openai-base-url': engine.url, 'openai-model': 'scripted', ...settings };
    return { engine, server: await Server.startFor(t, { settings: options, environment }) };
  }
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  return { upstream, server: await Server.startFor(t, { settings: { ...upstream.settings(), ...settings } }) };
}

/** The answer is the row's, and tells of the charge that the row tells of. */
function expectAnswer(answer, expected, request, { seconds, secondsMax }) {
  const { status, end, error, code, retryAfter } = answer ?? { status: null, end: null, error: null, code: null };
  const relayed = request.path.startsWith('/v1');
  assert.deepEqual(
    { status, end: end ?? null, error: error ?? null, code: code ?? null, retryAfter: retryAfter ?? false },
    {
      status: expected.status,
      end: expected.end,
      error: expected.error,
      code: relayed ? expected.code : null,
      retryAfter: expected.status !== 200 && expected.retryAfter,
    },
  );
  if (status === 200 && !(relayed && request.streams) && end !== 'closed') {
    assert.equal(answer.charge ?? 0, expected.charged, 'the charge that is told');
  }
  if (seconds !== undefined) assert.equal(answer.seconds, seconds, 'Retry-After as the engine asked');
  if (secondsMax !== undefined) assert.ok(answer.seconds >= 1 && answer.seconds <= secondsMax, `${answer.seconds} s`);
}

async function expectBooks(request, expected, { text, finishReason }) {
  const { balance, turns } = await request.books();
  assert.equal(OPENING_BALANCE - balance, expected.charged, 'charged');
  assert.equal(turns.length, expected.saved ? 1 : 0, 'saved turns');
  if (!expected.saved) return;
  const [turn] = turns;
  assert.equal(turn.charge, expected.charged);
  assert.equal(turn.message, request.question);
  if (text !== undefined) assert.ok(turn.response === text, `saved: ${turn.response.slice(0, 200)}`);
  const wanted = finishReason ?? (expected.end === 'done with length' ? 'length' : undefined);
  if (wanted) assert.equal(turn.finish_reason, wanted);
}

const timesAsked = ({ upstream }, request) =>
  upstream?.requests.filter(({ question }) => question === request.question).length;

/** Sent again with its idempotency key, it is replayed where it was charged, and else as if it were the first. */
async function expectSentAgain(setting, request, expected) {
  const before = timesAsked(setting, request);
  setting.upstream.on(request.question, well);
  const answer = await request.ask();
  assert.equal(`${answer.status} ${answer.error ?? ''}`, '200 ', 'sent again');
  assert.equal(answer.replayed, expected.saved, 'replayed');
  if (expected.saved) {
    assert.equal(timesAsked(setting, request), before, 'the engine was asked again for what was charged');
  }
  const { balance, turns } = await request.books();
  assert.equal(turns.length, 1, 'turns after it was sent again');
  assert.equal(OPENING_BALANCE - balance, expected.saved ? expected.charged : 100, 'charged after it was sent again');
}

/** Whatever fails in here is told with what it happened to. */
async function about(what, work) {
  try {
    return await work();
  } catch (failure) {
    throw new Error(`${what}: ${failure.message}`, { cause: failure });
  }
}

/** No hold is open, and the books are sound and have as many turns as were paid for. */
async function expectAllSettled(server, turns) {
  const holds = await eventually('no hold being open', async () => {
    const found = await holdsOf(server);
    return found.open === 0 && found;
  });
  assert.equal(holds.taken, holds.settled + holds.released);
  assert.equal(holds.settled, turns, 'holds settled');
  await expectSound(server, turns);
}

async function provokeInEngine(setting, fault, kind, expected) {
  const { server, upstream, engine } = setting;
  const cues = fault.cues ?? new Map([['', fault.cue]]);
  assert.ok(cues.size > 0);
  let turns = 0;
  for (const [name, cue] of cues) {
    await about(`${kind} ${name}`, async () => {
      const request = new MeteredRequest(server, await Person.join(server), kind);
      request.relaysNonsense = fault.relaysNonsense ?? false;
      await fault.prepareEach?.(setting, request);
      const asked = upstream?.requests.length;
      upstream?.on(request.question, cue);
      expectAnswer(await request.ask(), expected, request, fault);
      if (fault.neverAsked) assert.equal(upstream.requests.length, asked, 'the engine was asked');
      if (fault.tries) assert.equal(timesAsked(setting, request), fault.tries, 'tries');
      await engine?.expectUnasked(server);
      await expectBooks(request, expected, fault);
      const canBeSentAgain = !engine && !fault.neverAsked && !fault.rests;
      if (canBeSentAgain) await expectSentAgain(setting, request, expected);
      turns += expected.saved || canBeSentAgain ? 1 : 0;
    });
  }
  return turns;
}

async function sufferEngine(t, fault, expectations) {
  const setting = await settingFor(t, fault);
  await fault.prepare?.(setting);
  let turns = 0;
  const all = [...expectations].map(([kind, expected]) => async () => {
    const paid = await provokeInEngine(setting, fault, kind, expected);
    turns += paid;
  });
  if (fault.oneByOne) for (const each of all) await each();
  else await Promise.all(all.map((each) => each()));
  await fault.check?.(setting);
  await expectAllSettled(setting.server, turns);
}

/** On a server of its own, since whether a client has left is seen by its count of connections. */
async function sufferClient(t, fault, kind, expected) {
  const setting = await settingFor(t, fault);
  const left = [];
  t.after(() => left.forEach((stream) => stream.connection.destroy()));
  for (const moment of fault.moments) {
    await about(`${kind} ${JSON.stringify(moment)}`, async () => {
      const person = await Person.join(setting.server);
      const request = new MeteredRequest(setting.server, person, kind);
      const scene = { ...setting, person, request, leaveLater: (stream) => left.push(stream) };
      expectAnswer(await fault.provoke(scene, moment), expected, request, fault);
      await expectBooks(request, expected, fault);
      await expectSentAgain(setting, request, expected);
    });
  }
  left.splice(0).forEach((stream) => stream.connection.destroy());
  await expectAllSettled(setting.server, fault.moments.length);
}

const SUITES = [
  ['of the engine', table.engine, ENGINE_FAULTS, sufferEngine],
  [
    'of the client',
    table.client,
    CLIENT_FAULTS,
    (t, fault, expectations) =>
      Promise.all([...expectations].map(([kind, expected]) => sufferClient(t, fault, kind, expected))),
  ],
];

const WHAT = 'an event with an error, after the first word';
const ROW = `| error in a stream | ${WHAT} | stream, completion stream | 200, then error`;
const ROW_ENDS = '| The AI could not answer. | 0 | no | 0 |';

/** What nobody may write there, by what it is. */
const SLIPS = {
  'another column': ['| saved | holds |', '| saved | hold |'],
  'a row with a cell too many': [`${ROW} ${ROW_ENDS}`, `${ROW} ${ROW_ENDS} 0 |`],
  'a row that is there twice': [ROW, `${ROW} ${ROW_ENDS}\n${ROW}`],
  'another kind of request': [`${ROW}`, ROW.replace('completion stream', 'completions')],
  'a plain request that ends as a stream': [ROW, ROW.replace('completion stream', 'completion')],
  'another end of a stream': [ROW, ROW.replace('then error', 'then nothing')],
  'an error without a sentence': [`${ROW} ${ROW_ENDS}`, `${ROW} ${ROW_ENDS.replace('The AI could not answer.', '—')}`],
  'a sentence that no table has': [`${ROW} ${ROW_ENDS}`, `${ROW} ${ROW_ENDS.replace('could', 'did')}`],
  'a charge without a saved turn': [`${ROW} ${ROW_ENDS}`, `${ROW} ${ROW_ENDS.replace('| 0 | no', '| 100 | no')}`],
  'a hold that stays': [`${ROW} ${ROW_ENDS}`, `${ROW} ${ROW_ENDS.replace('no | 0', 'no | 1')}`],
  'another section': ['## Faults of the client', '## Faults of clients'],
};

describe('docs/faults.md', () => {
  it('has a row for each fault that is provoked here, and no other', () => {
    for (const [, rows, provocations] of SUITES) expectSameFaults(rows, provocations);
    for (const [, rows, provocations] of SUITES) {
      const [name] = rows.keys();
      const { [name]: left, ...others } = provocations;
      assert.ok(left);
      assert.throws(() => expectSameFaults(rows, others), /no code provokes/);
      assert.throws(() => expectSameFaults(rows, { ...provocations, 'another fault': left }), /without a row/);
    }
  });

  for (const [slip, [right, wrong]] of Object.entries(SLIPS)) {
    it(`is not read with ${slip}`, () => {
      const slipped = text.replace(right, wrong);
      assert.notEqual(slipped, text);
      assert.throws(() => parseFaults(slipped), assert.AssertionError);
    });
  }
});

describe('every fault', { concurrency: true }, () => {
  const all = SUITES.flatMap(([whose, rows, provocations, suffer]) =>
    [...rows].map(([name, expectations]) => ({
      name: `${name} (${whose}): ${[...expectations.keys()].join(', ')}`,
      takes: provocations[name]?.takes ?? false,
      run: (t) => suffer(t, provocations[name], expectations),
    })),
  );
  describe('that takes its time is answered, charged and saved as its row says', { concurrency: true }, () => {
    for (const { name, run } of all.filter(({ takes }) => takes)) it(name, run);
  });
  describe('is answered, charged and saved as its row says', { concurrency: AT_ONCE }, () => {
    for (const { name, run } of all.filter(({ takes }) => !takes)) it(name, run);
  });
});
