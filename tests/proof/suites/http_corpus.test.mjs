// Malformed, ambiguous and smuggling requests, each with the verdict that RFC 9112 and the gate's rules want: whole,
// split in two at each position, and byte by byte. Nothing that a request hides is ever carried out.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { after, before, describe, it } from 'node:test';

import { expectSound } from '../../e2e/harness/figures.mjs';
import { scrape } from '../../e2e/harness/holds.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { countedOf, expectedOf, verdicts } from '../harness/verdict.mjs';
import { CORPUS } from '../http/corpus.mjs';
import { MARKED_ROUTE, bytesOf } from '../http/requests.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const AT_ONCE = Number(process.env.PARLEY_PROOF_CONNECTIONS ?? 128);
/** Cases that are longer are split at this many positions, spread evenly. */
const BYTES_MAX = LONG ? Infinity : Number(process.env.PARLEY_PROOF_SPLIT_BYTES ?? 300);
const POSITIONS = Number(process.env.PARLEY_PROOF_SPLITS ?? 64);
/** Byte by byte a long case takes so long that fewer go at once: the deadline of a header block is 10 s. */
const STEPS_AT_ONCE = 20_000;
/** Then it is pointless to go on: each takes until nothing more is expected of the server. */
const FAILED_CASES_MAX = 10;

function positionsOf(length) {
  const all = Array.from({ length: length - 1 }, (_, index) => index + 1);
  if (length <= BYTES_MAX) return all;
  const part = (position) => Math.floor((position * POSITIONS) / length);
  return all.filter((position) => part(position) !== part(position - 1));
}

const whole = (one, bytes) => [{ one, pieces: [bytes], how: 'whole' }];
const split = (one, bytes) =>
  positionsOf(bytes.length).map((at) => ({
    one,
    pieces: [bytes.subarray(0, at), bytes.subarray(at)],
    how: `split after ${at} bytes`,
  }));
const byteByByte = (one, bytes) => [
  { one, pieces: Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)), how: 'byte by byte' },
];

/** Groups to be played at once. */
function batched(plays) {
  const batches = [];
  let steps = Infinity;
  for (const play of plays) {
    steps += play.pieces.length;
    if (steps > STEPS_AT_ONCE || batches.at(-1).length === AT_ONCE) {
      batches.push([]);
      steps = play.pieces.length;
    }
    batches.at(-1).push(play);
  }
  return batches;
}

describe('a request of the corpus', () => {
  const server = new Server();
  let honest;
  let victim;
  before(async () => {
    await server.start();
    honest = await Person.join(server);
    victim = await Person.join(server);
  });
  after(() => server.finish());

  const countOf = async (labels) =>
    (await scrape(server))
      .all('parley_http_requests_total', labels)
      .filter(({ labels: { route } }) => route !== '/metrics')
      .reduce((sum, { value }) => sum + value, 0);

  /** Plays each case in the ways that `ways` gives, and counts what the server carried out. */
  async function expectVerdicts(t, ways, options) {
    const plays = CORPUS.flatMap((one) => ways(one, bytesOf(one, victim.token)));
    const countedBefore = await countOf({});
    const failures = new Map(); // case → how it failed first
    for (const batch of batched(plays)) {
      const found = await verdicts(server.address, batch, options);
      batch.forEach(({ one, how }, index) => {
        const expected = expectedOf(one);
        if (failures.has(one) || isDeepStrictEqual(found[index], expected)) return;
        const what = `${JSON.stringify(found[index])}, not\n  ${JSON.stringify(expected)}`;
        failures.set(one, `${one.title} (${how}):\n  ${what}`);
      });
      if (failures.size > FAILED_CASES_MAX) break;
    }
    if (failures.size > 0) assert.fail([...failures.values()].join('\n'));
    const counted = plays.reduce((sum, { one }) => sum + countedOf(one), 0);
    assert.equal((await countOf({})) - countedBefore, counted, 'the routes saw as many requests as were answered');
    t.diagnostic(`${CORPUS.length} cases, ${plays.length} connections, ${counted} requests carried out`);
  }

  it('has its verdict when it comes whole', (t) => expectVerdicts(t, whole));

  it('has the same verdict wherever it is split in two', (t) => expectVerdicts(t, split));

  it('has the same verdict when it comes byte by byte', (t) => expectVerdicts(t, byteByByte, { waitForEach: false }));

  it('has never carried out what it hides, and leaves the server well', async () => {
    assert.equal(await countOf({ route: MARKED_ROUTE }), 0, `somebody asked for ${MARKED_ROUTE}`);
    assert.equal(await victim.balance(), 4000);
    assert.equal((await honest.chat()).status, 200);
    assert.equal(await honest.balance(), 4000 - 100);
    await server.terminate();
    await expectSound(server, 1);
  });
});
