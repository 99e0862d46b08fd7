// How each fault of the engine in docs/faults.md is provoked.
//
// A provocation has `cue`, what the engine does with the request, or `cues`, a Map of several by name, each of them for
// a request of its own; or `unreachable`, an engine that is none. Besides:
//   settings, environment, catalog   of the server
//   prepare, prepareEach, check      what is done before all, before each request, after all
//   text                             what is saved
//   seconds, secondsMax              of Retry-After
//   neverAsked, rests                the engine may not be asked at all; it rests afterwards
//   tries                            how often the engine is asked for one request
//   oneByOne, takes                  the kinds of requests come one after the other; it waits for real time
//   relaysNonsense                   the answer under /v1 is none that openapi.json has

import assert from 'node:assert/strict';

import { answered, chunk, streamed } from '../../e2e/harness/completion_cues.mjs';
import { delay } from '../../e2e/harness/eventually.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { HEAD_BYTES, PLAIN, cutOnTheWire, endedEarly, played, saying } from '../../e2e/harness/recording.mjs';
import { CUES, completion } from '../../e2e/harness/upstream.mjs';
import { MeteredRequest } from './metered_request.mjs';
import * as unreachable from './unreachable_engines.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
/** So many of the bytes at which a reply is cut, the first and the last ones among them. */
const CUTS = Number(process.env.PARLEY_PROOF_CUTS ?? (LONG ? Infinity : 16));

const MIB = 1024 * 1024;
const streams = ({ body }) => JSON.parse(body).stream === true;
const event = (data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const STREAM_HEAD = PLAIN.wire.subarray(0, HEAD_BYTES);

/** One cue for a request that streams and one for a whole reply. */
const either = (stream, whole) => (asked, response) => (streams(asked) ? stream : whole)(asked, response);

/** These bytes as they are, in the place of the whole response. */
const sends = (...bytes) => (asked, { socket }) => socket.write(Buffer.concat(bytes.map((each) => Buffer.from(each))));
const sendsAndCloses = (...bytes) => (asked, { socket }) =>
  socket.end(Buffer.concat(bytes.map((each) => Buffer.from(each))));
const sendsAndResets = (...bytes) => (asked, { socket }) =>
  socket.write(Buffer.concat(bytes.map((each) => Buffer.from(each))), () => socket.resetAndDestroy());

/** A streamed body of these pieces of text, begun and not ended. */
const streamsOn = (...texts) => (asked, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(texts.join(''));
};

const opening = PLAIN.events.slice(0, 3);
const openingBytes = opening.map(({ data }) => event(data)).join('');
export const OPENING_TEXT = opening.map(({ text }) => text).join('');
const afterOpening = (...texts) => (asked, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.end(openingBytes + texts.join(''));
};

const ANSWER = 'Hello to you.';
const WHOLE = completion(ANSWER);
const wholeHead = (length) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${length}Connection: close\r\n\r\n`;
const WHOLE_WIRE = Buffer.from(wholeHead(`Content-Length: ${Buffer.byteLength(WHOLE)}\r\n`) + WHOLE);
const ENDLESS_WIRE = Buffer.from(wholeHead('') + WHOLE);

/** What heals an engine: a good answer, whole or streamed as it is asked. */
export const well = either(
  (asked, response) => streamed([chunk({ content: ANSWER }), chunk({}, 'stop')])(asked, response),
  answered(WHOLE),
);

const statuses = (codes, headers = {}) =>
  new Map(
    codes.map((code) => [
      `status ${code}`,
      (asked, response) => {
        response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
        response.end('{"error":{"message":"UPSTREAM-SECRET-DETAIL"}}');
      },
    ]),
  );

/** Each of these cues for the first time that a question is asked, and a good answer for the second. */
const onceOnly = (cues) =>
  new Map(
    [...cues].map(([name, cue]) => {
      const asked = new Set();
      return [
        name,
        (request, response) => {
          const again = asked.has(request.question);
          asked.add(request.question);
          (again ? well : cue)(request, response);
        },
      ];
    }),
  );

/** Evenly spread positions from `from` up to and without `to`, both ends of them included. */
function sample(from, to) {
  const all = to - from;
  const count = Math.min(CUTS, all);
  return Array.from({ length: count }, (_, index) => from + Math.round((index * (all - 1)) / Math.max(1, count - 1)));
}

const at = (positions, cueAt) => new Map(positions.map((position) => [`byte ${position}`, cueAt(position)]));

const cutsOf = (wire, from, to) => at(sample(from, to), (position) => cutOnTheWire({ wire }, position));

const [WHOLE_FROM] = PLAIN.wholeOnWireFrom.slice(-1);

/** 1 model token costs 1 token; the answer is of at most 64. */
const BY_USAGE = `
[[models]]
name = "scripted"
engines = [{ engine = "upstream0", upstream-model = "scripted" }]
price = { input-per-1000 = 1000, output-per-1000 = 1000, minimum = 1 }
output-model-tokens-max = 64
`;

/** A good reply with these figures, as they stand in its JSON. */
function withUsage(...usages) {
  const cueOf = (usage) =>
    either(
      (asked, response) => {
        const last = JSON.stringify({ ...chunk({}), choices: [], usage: 'USAGE' }).replace('"USAGE"', usage);
        streamed([chunk({ content: ANSWER }), chunk({}, 'stop'), last])(asked, response);
      },
      answered(JSON.stringify({ ...JSON.parse(WHOLE), usage: 'USAGE' }).replace('"USAGE"', usage)),
    );
  const cues = new Map(usages.map((usage) => [usage, cueOf(usage)]));
  return { catalog: BY_USAGE, text: ANSWER, relaysNonsense: true, cues };
}

const counts = (input, output) => `{"prompt_tokens":${input},"completion_tokens":${output},"total_tokens":8}`;

/** The engine that is well answers within these, too, when the request is sent again. */
const IMPATIENT = { 'engine-first-byte-seconds': 2, 'engine-between-bytes-seconds': 2 };

/** Five failures in a row by somebody else, one after the other. */
async function storm({ server, upstream }) {
  const [cue] = statuses([500]).values();
  upstream.otherwise = cue;
  const person = await Person.join(server);
  for (let i = 0; i < 5; i += 1) assert.equal((await person.chat('storm')).status, 502);
  assert.equal(upstream.requests.length, 5);
}

/** The same, and until the server lets the next request through, by its own word. */
async function stormAndRest(setting) {
  await storm(setting);
  const response = await (await Person.join(setting.server)).chat('rest');
  assert.equal(response.status, 503, response.text);
  const seconds = Number(response.header('Retry-After'));
  assert.ok(seconds >= 8 && seconds <= 10, `it rests for ${seconds} s`);
  await delay(seconds * 1000);
  assert.equal(setting.upstream.requests.length, 5);
}

/** Streams of an account that broke off after the first word already, as many as are forgiven. */
async function forgiven({ server, upstream }, { person, kind }) {
  for (let i = 0; i < 3; i += 1) {
    const request = new MeteredRequest(server, person, kind);
    upstream.on(request.question, afterOpening(event({ error: {} })));
    assert.equal((await request.ask()).end, 'error');
  }
}

const trickle = (asked, response) => {
  response.writeHead(200, { 'Content-Type': streams(asked) ? 'text/event-stream' : 'application/json' });
  const timer = setInterval(() => response.write(streams(asked) ? event(chunk({ content: 'word ' })) : ' '), 100);
  response.on('close', () => clearInterval(timer));
};

/** Without a connection, for a reason that is known at once; or for want of time alone. */
const refused = (engine, environment) => ({
  unreachable: engine,
  environment,
  settings: { 'engine-connect-seconds': 60 },
});
const silent = (engine) => ({
  unreachable: engine,
  settings: { 'engine-connect-seconds': 1, 'engine-first-byte-seconds': 1 },
});
const hanging = (cue, more = {}) => ({ cue, settings: IMPATIENT, ...more });

export const ENGINE_FAULTS = {
  // no connection
  'connection refused': refused(unreachable.refusing),
  'name that does not resolve': refused(unreachable.unresolvable, { RES_OPTIONS: 'timeout:1 attempts:1' }),
  'TLS handshake fails': refused(unreachable.speakingPlainHttp),
  'TLS certificate not trusted': refused(unreachable.untrusted),
  'TLS certificate of another host': refused(unreachable.ofAnotherHost),
  'hang while connecting': silent(unreachable.unconnectable),
  'hang in TLS': silent(unreachable.silentInTls),

  // silence
  'hang before accept': silent(unreachable.notAccepting),
  'hang before the head': hanging(CUES.hang),
  'hang in the head': hanging(sends('HTTP/1.1 200 OK\r\nContent-Ty')),
  'hang after the head': hanging(either(sends(STREAM_HEAD), sends(WHOLE_WIRE.subarray(0, -WHOLE.length)))),
  'hang in the body': hanging(sends(WHOLE_WIRE.subarray(0, -20))),
  'hang before the first word': hanging(streamsOn(event(opening[0].data))),
  'hang between two deltas': hanging(streamsOn(openingBytes)),
  'hang before [DONE]': hanging(streamsOn(...PLAIN.events.slice(0, -1).map(({ data }) => event(data)))),
  'hang after [DONE]': hanging(streamsOn(...PLAIN.events.map(({ data }) => event(data))), { text: PLAIN.text }),
  'answer without end': { cue: trickle, settings: { 'engine-whole-seconds': 2 } },

  // statuses
  'status 429 or 503 with Retry-After': {
    cues: statuses([429, 503], { 'Retry-After': '30' }),
    seconds: 30,
  },
  'status 429, 503 or 529': { cues: statuses([429, 503, 529]) },
  'status 500, 502 or 504': { cues: statuses([500, 502, 504]) },
  'status 401 or 403': { cues: statuses([401, 403]) },
  'status 404': { cues: statuses([404]) },
  'status 400, 413 or 422': { cues: statuses([400, 413, 422]) },
  redirect: {
    cues: statuses([301, 302, 303, 307, 308], { Location: '/elsewhere' }),
    check: ({ upstream }) => assert.ok(upstream.requests.every(({ path }) => path === '/v1/chat/completions')),
  },
  'storm of 5xx: the engine rests': {
    cue: well,
    prepare: storm,
    neverAsked: true,
    secondsMax: 10,
  },
  'storm of 5xx: after the rest': { cue: well, prepare: stormAndRest, text: ANSWER, takes: true, oneByOne: true },
  'storm of 5xx: it fails after the rest': {
    cues: statuses([500]),
    prepare: stormAndRest,
    rests: true,
    takes: true,
    check: async ({ server, upstream }) => {
      const { length } = upstream.requests;
      assert.equal((await (await Person.join(server)).chat('next')).status, 503);
      assert.equal(upstream.requests.length, length, 'it was asked though it rests again');
    },
  },

  'fails once, then answers': {
    cues: onceOnly(new Map([...statuses([429, 502, 503, 504, 529]), ['no answer', sendsAndCloses()]])),
    text: ANSWER,
    tries: 2,
  },

  // what is no answer
  'garbage instead of HTTP': { cue: sendsAndCloses('SSH-2.0-UPSTREAM-SECRET\r\n') },
  'closed without a word': { cues: new Map([['FIN', sendsAndCloses()], ['RST', sendsAndResets()]]) },
  'garbage instead of JSON': {
    cue: either(afterOpening('data: {"choices":[UPSTREAM-SECRET\n\n'), CUES.garbage),
  },
  'error in a stream': { cue: afterOpening(event({ error: { message: 'UPSTREAM-SECRET' } })) },
  'not UTF-8': {
    cue: either(
      sendsAndCloses(STREAM_HEAD.toString().replace('Transfer-Encoding: chunked', 'Connection: close'),
        'data: {"choices":[{"delta":{"content":"', [0xff, 0xfe], '"}}]}\n\n'),
      sendsAndCloses(wholeHead(''), '{"choices":[{"message":{"content":"', [0xff, 0xfe], '"}}]}'),
    ),
  },
  'page instead of an answer': {
    cue: (asked, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end('<html>UPSTREAM-SECRET-DETAIL</html>');
    },
  },
  'whole reply to who asked for a stream': { cue: answered(WHOLE) },
  'wrong content type': {
    text: ANSWER,
    cue: (asked, response) => {
      const { writeHead } = response;
      response.writeHead = (status, headers) =>
        writeHead.call(response, status, { ...headers, 'Content-Type': 'image/png' });
      well(asked, response);
    },
  },
  'empty body': {
    cues: new Map([
      ['status 200', answered('')],
      ['status 204', (asked, response) => response.writeHead(204).end()],
    ]),
  },
  'no choices': { cue: CUES.noChoices },
  'empty answer': { cue: either((asked, response) => streamed([chunk({}, 'stop')])(asked, response), CUES.emptyText) },

  // what is too large
  'reply above 4 MiB': {
    cue: either(played(saying(...Array(80).fill('x'.repeat(64 * 1024)))), CUES.oversize),
  },
  'event above 4 MiB before the first word': { cue: streamsOn(`data: ${'x'.repeat(5 * MIB)}`) },
  'event above 4 MiB after the first word': {
    cue: streamsOn(openingBytes, `data: ${'x'.repeat(5 * MIB)}`),
    text: OPENING_TEXT,
  },
  'head above 64 KiB': {
    cues: new Map([
      ['one line', sends(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200 * 1024)}\r\n\r\n`)],
      ['many lines', sends(`HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(100)}\r\n`)],
    ]),
  },

  // usage
  'usage that is credible': withUsage(counts(3, 5)),
  'usage above what is held': withUsage(counts(3, 100_000), counts(100_000, 5), counts(2 ** 53 - 1, 2 ** 53 - 1)),
  'usage that is absurd': withUsage(
    'null', '"much"', '[]', counts(-1, 5), counts(3, -5), counts(3.5, 5), counts('"3"', 5), counts(null, null),
    counts(2 ** 53, 5), counts(3, '9223372036854775808'), counts(3, '1e300'), '{}',
  ),
  'usage of no output with text': withUsage(counts(3, 0)),

  // cuts
  'stream cut before its head is whole': { cues: cutsOf(PLAIN.wire, 0, HEAD_BYTES) },
  'stream cut before [DONE]': { cues: cutsOf(PLAIN.wire, HEAD_BYTES, WHOLE_FROM) },
  'stream cut after [DONE]': { cues: cutsOf(PLAIN.wire, WHOLE_FROM, PLAIN.wire.length + 1), text: PLAIN.text },
  'stream that ends before [DONE]': {
    cues: at(sample(0, PLAIN.wholeFrom.at(-1)), (position) => endedEarly(PLAIN, position)),
  },
  'stream reset in the middle': { cue: sendsAndResets(PLAIN.wire.subarray(0, PLAIN.wholeOnWireFrom[2])) },
  'fourth broken stream of an account in an hour': { cue: afterOpening(), prepareEach: forgiven, text: OPENING_TEXT },
  'reply cut before its end': { cues: cutsOf(WHOLE_WIRE, 0, WHOLE_WIRE.length) },
  'reply without a length cut before its end': { cues: cutsOf(ENDLESS_WIRE, 0, ENDLESS_WIRE.length) },
  'reply cut after its end': { cue: cutOnTheWire({ wire: WHOLE_WIRE }, WHOLE_WIRE.length), text: ANSWER },
  'reply reset in the middle': { cue: sendsAndResets(WHOLE_WIRE.subarray(0, -20)) },
};
