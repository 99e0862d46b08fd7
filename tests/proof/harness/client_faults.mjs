// How each fault of the client in docs/faults.md is provoked: `provoke(scene, moment)` does it once for each of
// `moments` and gives the answer that the client read, or nothing where it read none. What is saved is `text` and
// `finishReason`, where that is told; `takes`: it waits for real time.

import assert from 'node:assert/strict';

import { ConnectionLost, encode } from '../../e2e/harness/connection.mjs';
import { answered } from '../../e2e/harness/completion_cues.mjs';
import { delay, eventually } from '../../e2e/harness/eventually.mjs';
import { COMPLETIONS } from '../../e2e/harness/event_stream.mjs';
import { PLAIN, saying } from '../../e2e/harness/recording.mjs';
import { SteppedReply } from '../../e2e/harness/stepped_reply.mjs';
import { completion, held } from '../../e2e/harness/upstream.mjs';
import { MeteredRequest } from './metered_request.mjs';
import { queuedFor } from './socket_queues.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const CUTS = Number(process.env.PARLEY_PROOF_CUTS ?? (LONG ? Infinity : 3));

/** Read off the page without the rest of it, since it is asked for again and again. */
async function connections({ server }) {
  const { text } = await server.request('GET', '/metrics');
  const [, count] = /^parley_http_connections (\d+)$/m.exec(text) ?? assert.fail(text);
  return Number(count);
}

/** Leaves by `leave()` and waits until the server has seen it. */
async function gone(scene, leave) {
  const before = await connections(scene);
  leave();
  await eventually('the server having closed the connection', async () => (await connections(scene)) < before);
}

/** The request is sent and has reached the engine, which lets its streamed reply out bit by bit. */
async function asking({ upstream, request }) {
  const reply = new SteppedReply();
  upstream.on(request.question, reply.cue);
  const stream = await request.send();
  await reply.arrived();
  return { reply, stream };
}

const countSent = (dialect, events) =>
  events.filter(({ closing, text }) => !closing && (dialect === COMPLETIONS || text !== '')).length;

/** The same, and the client has read what came of the first `count` events; -1: not even the head. */
async function reading(scene, count, recording = PLAIN) {
  const { reply, stream } = await asking(scene);
  if (count < 0) return { reply, stream };
  const come = recording.events.slice(0, count);
  await reply.open();
  await stream.head();
  if (count > 0) await reply.send(...come);
  if (count === recording.events.length) {
    reply.end();
    await stream.rest();
  } else {
    await stream.take(countSent(scene.request.dialect, come));
  }
  return { reply, stream };
}

/** A whole request that has reached the engine, which answers when it is let. */
async function asked({ upstream, request }) {
  const engine = held();
  upstream.on(request.question, engine.cue);
  const stream = await request.send();
  await engine.arrived();
  return { engine, stream };
}

const moments = (hows, counts) => hows.flatMap((how) => counts.map((count) => ({ how, count })));
/** Of a streamed reply: nothing, its head, the chunk that names the role; from the next on there are words. */
const BEFORE_WORDS = [-1, 0, 1];
const WITH_WORDS = PLAIN.events.map((_, index) => index + 1).slice(1);
const IN_WORDS = 3;
const IN_WORDS_TEXT = PLAIN.events.slice(0, IN_WORDS).map(({ text }) => text).join('');
const BOTH = ['FIN', 'RST'];

async function leaveBeforeWords(scene, { how, count }) {
  const { reply, stream } = await reading(scene, count);
  await gone(scene, () => stream.leave(how));
  await reply.whenCancelled();
}

async function leaveAfterWords(scene, { how, count }) {
  const { reply, stream } = await reading(scene, count);
  await gone(scene, () => stream.leave(how));
  assert.ok(!reply.cancelled, 'the engine was stopped');
  if (count === PLAIN.events.length) return;
  await reply.send(...PLAIN.events.slice(count));
  reply.end();
}

/** What is left of a stream that the server closes without its end. */
async function readToTheClose(stream) {
  await assert.rejects(stream.rest(), ConnectionLost);
  return { status: 200, end: 'closed' };
}

const bytesOf = ({ path, headers, fields }) => encode('POST', path, { headers, body: JSON.stringify(fields) });

/** Sends the request up to a byte that lies this far between the two, and leaves. */
function partOf(from, to) {
  return async (scene, { how, count }) => {
    const bytes = bytesOf(scene.request);
    const bodyAt = bytes.indexOf('\r\n\r\n') + 4;
    const [first, last] = [from, to].map((place) => ({ begin: 1, body: bodyAt, end: bytes.length - 1 })[place]);
    const length = Math.round(first + (last - first) * count);
    const before = await connections(scene);
    const connection = await scene.server.connect();
    connection.write(bytes.subarray(0, length));
    await eventually('the connection being there', async () => (await connections(scene)) > before);
    await gone(scene, () => (how === 'RST' ? connection.reset() : connection.finish()));
    connection.destroy();
  };
}

const PARTS_COUNT = Math.min(CUTS, 200);
const PARTS = Array.from({ length: PARTS_COUNT }, (_, index) => index / Math.max(1, PARTS_COUNT - 1));

/** Sends `begun`, then a byte each second until it is answered. */
async function dribble({ server, request }, begun, byte, seconds_min) {
  const connection = await server.connect();
  connection.write(begun);
  const from = Date.now();
  for (let due = from + 1000; connection.usable; await delay(50)) {
    if (Date.now() < due) continue;
    connection.write(byte);
    due += 1000;
    assert.ok(Date.now() - from < 60_000, 'a slow sender is waited for without end');
  }
  const answer = await connection.response();
  assert.ok(Date.now() - from >= seconds_min * 1000, `cut off after ${Date.now() - from} ms`);
  await connection.closed();
  return request.readAnswer({ isStream: false, head: () => answer });
}

const BIG_ANSWER = 'x'.repeat(3 * 1024 * 1024);
const ROOM = { 'engine-reply-bytes-max': 64 * 1024 * 1024 };

/** Less than what makes a client one that is too far behind, more than what buffers of the kernel give back at once. */
const BEHIND_BYTES = 160 * 1024;

/**
 * Keeps a client that does not read so many bytes behind, in the server itself, until the engine is told to stop.
 * Gives the time since which the client has read nothing: the server may have given the system's buffers more after it,
 * and what they hold can't be told from what is under way between them.
 */
async function keepBehind({ server, reply, stream }) {
  const queued = () => queuedFor(server.address.port, stream.connection.localPort);
  const [, event] = saying('x'.repeat(16 * 1024)).events;
  await reply.send(event);
  const weight = await eventually('the first event having come', () => queued().toSend === 0 && queued().toRead);
  const begun = Date.now();
  for (let sent = 1; !reply.cancelled; await delay(20)) {
    const { toSend, toRead } = queued();
    const behind = sent * weight - toSend - toRead;
    const missing = Math.floor((BEHIND_BYTES - behind) / weight);
    if (missing > 0) {
      await reply.send(...Array(missing).fill(event));
      sent += missing;
    }
    assert.ok(Date.now() - begun < 100_000, 'a client that takes nothing is waited for without end');
  }
  return begun;
}

export const CLIENT_FAULTS = {
  'leaves before the first word': { moments: moments(BOTH, BEFORE_WORDS), provoke: leaveBeforeWords },
  'leaves after the first word': { moments: moments(BOTH, WITH_WORDS), provoke: leaveAfterWords, text: PLAIN.text },
  'leaves, and the engine goes on for too long': {
    settings: { 'finish-after-leaving-seconds': 1 },
    moments: moments(BOTH, [IN_WORDS]),
    text: IN_WORDS_TEXT,
    finishReason: 'length',
    provoke: async (scene, { how, count }) => {
      const { reply, stream } = await reading(scene, count);
      stream.leave(how);
      await reply.whenCancelled();
    },
  },
  'leaves, and the engine fails': {
    moments: moments(BOTH, [IN_WORDS]),
    provoke: async (scene, { how, count }) => {
      const { reply, stream } = await reading(scene, count);
      await gone(scene, () => stream.leave(how));
      reply.cut();
    },
  },
  'leaves while the engine works': {
    moments: ['close', 'RST'],
    provoke: async (scene, how) => {
      const { engine, stream } = await asked(scene);
      await gone(scene, () => {
        if (how === 'RST') stream.connection.reset();
        else stream.connection.destroy();
        engine.release();
      });
    },
  },
  'closes its sending side': {
    moments: ['FIN'],
    provoke: async (scene) => {
      const { engine, stream } = await asked(scene);
      stream.connection.finish();
      engine.release();
      return scene.request.readAnswer(stream);
    },
  },
  'closes its sending side before the first word': {
    moments: [0, 1],
    provoke: async (scene, count) => {
      const { reply, stream } = await reading(scene, count);
      stream.connection.finish();
      await reply.whenCancelled();
      return readToTheClose(stream);
    },
  },
  'closes its sending side after the first word': {
    moments: [IN_WORDS],
    text: PLAIN.text,
    provoke: async (scene, count) => {
      const { reply, stream } = await reading(scene, count);
      stream.connection.finish();
      const answer = await readToTheClose(stream);
      await reply.send(...PLAIN.events.slice(count));
      reply.end();
      return answer;
    },
  },
  'leaves within the head of its request': { moments: moments(BOTH, PARTS), provoke: partOf('begin', 'body') },
  'leaves within the body of its request': { moments: moments(BOTH, PARTS), provoke: partOf('body', 'end') },
  'sends the head of its request too slowly': {
    takes: true,
    moments: ['dribble'],
    provoke: (scene) => {
      const bytes = bytesOf(scene.request);
      const begun = Buffer.concat([bytes.subarray(0, bytes.indexOf('\r\n\r\n')), Buffer.from('\r\nX: ')]);
      return dribble(scene, begun, 'x', 10);
    },
  },
  'sends the body of its request too slowly': {
    takes: true,
    moments: ['dribble'],
    provoke: (scene) => {
      const { path, headers, fields } = scene.request;
      const body = JSON.stringify({ ...fields, padding: 'x'.repeat(1000) });
      const bytes = encode('POST', path, { headers, body });
      return dribble(scene, bytes.subarray(0, bytes.length - 500), 'x', 30);
    },
  },
  'does not read the answer': {
    moments: ['a large one'],
    text: BIG_ANSWER,
    provoke: async (scene) => {
      scene.upstream.on(scene.request.question, answered(completion(BIG_ANSWER)));
      const stream = await scene.request.send();
      stream.connection.pause();
      scene.leaveLater(stream);
      await eventually('the turn being settled', async () => (await scene.request.books()).turns.length === 1);
    },
  },
  'is more than 256 KiB behind': {
    settings: { ...ROOM, 'finish-after-leaving-seconds': 0 },
    moments: ['after a word'],
    finishReason: 'length',
    provoke: async (scene) => {
      const { reply, stream } = await reading(scene, 2, saying('a'));
      stream.connection.pause();
      scene.leaveLater(stream);
      const [, event] = saying('x'.repeat(64 * 1024)).events;
      const begun = Date.now();
      for (let sent = 0; !reply.cancelled; await delay(2)) {
        await reply.send(event);
        sent += event.bytes.length;
        assert.ok(sent < 64 * 1024 * 1024, 'a client that does not read takes everything');
      }
      assert.ok(Date.now() - begun < 25_000, `it had left after ${Date.now() - begun} ms`);
    },
  },
  'takes no byte for 30 s': {
    takes: true,
    settings: { ...ROOM, 'finish-after-leaving-seconds': 0 },
    moments: ['stalled'],
    finishReason: 'length',
    provoke: async (scene) => {
      const { reply, stream } = await reading(scene, 2, saying('a'));
      stream.connection.pause();
      scene.leaveLater(stream);
      const since = await keepBehind({ ...scene, reply, stream });
      assert.ok(Date.now() - since > 28_000, `it had left after ${Date.now() - since} ms`);
    },
  },
  'sends another request and resets': {
    moments: ['RST'],
    provoke: async (scene) => {
      const { server, upstream, person, request } = scene;
      const { engine, reply, stream } = request.streams ? await asking(scene) : await asked(scene);
      const second = new MeteredRequest(server, person, request.kind);
      stream.connection.write(bytesOf(second));
      await gone(scene, () => {
        stream.connection.reset();
        engine?.release();
      });
      await reply?.whenCancelled();
      await request.books();
      assert.ok(upstream.requests.every(({ question }) => question !== second.question), 'the second was asked');
    },
  },
  'sends the same request again meanwhile': {
    moments: ['same key'],
    provoke: async (scene) => {
      const { request } = scene;
      const { engine, reply, stream } = request.streams ? await asking(scene) : await asked(scene);
      const answer = await request.ask();
      engine?.release();
      if (reply) {
        await reply.open();
        await reply.send(...PLAIN.events);
        reply.end();
      }
      const first = await request.readAnswer(stream);
      assert.equal(`${first.status} ${first.replayed}`, '200 false');
      stream.connection.destroy();
      return answer;
    },
  },
};
