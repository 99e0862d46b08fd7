// The live balance of an account, as a client reads it: event by event.

import assert from 'node:assert/strict';

import { encode } from './connection.mjs';
import { EventStream } from './event_stream.mjs';

/** Asks for the stream with this credential, and does not wait for its head. */
export async function askForBalance(server, token) {
  const stream = new EventStream();
  stream.connection = await server.connect();
  stream.connection.write(encode('GET', '/api/balance/stream', { headers: { Authorization: `Bearer ${token}` } }));
  return stream;
}

/** The stream, open. */
export async function watchBalance(server, token) {
  const stream = await askForBalance(server, token);
  const response = await stream.head();
  assert.equal(response.status, 200, response.text);
  return stream;
}

/** The figures of the next event. */
export async function nextFigures(stream) {
  const event = await stream.next();
  assert.equal(event?.type, 'balance', JSON.stringify(event));
  return JSON.parse(event.data);
}

/** Reads on until the figures are these; what comes in between may be left out by the server. */
export async function awaitFigures(stream, wanted) {
  for (;;) {
    const figures = await nextFigures(stream);
    if (Object.entries(wanted).every(([name, value]) => figures[name] === value)) return figures;
  }
}
