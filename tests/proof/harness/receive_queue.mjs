// What of a client's bytes the server has read, as Linux tells: a test that splits a request in two must know that the
// first part was read alone, and not hope so.

import { readFileSync } from 'node:fs';

const WAIT_MS_MAX = 20_000;

/** local address, local port, remote address, remote port, state, bytes to send, bytes to be read */
const LINE = /^ *\d+: [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{2} [0-9A-F]{8}:([0-9A-F]{8}) /gm;

/** The ports of the clients of `port` with bytes that the server has not read. */
function clientsUnread(port) {
  const unread = new Set();
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const [, local, remote, bytes] of readFileSync('/proc/net/tcp', 'latin1').matchAll(LINE)) {
    if (local === hex && bytes !== '00000000') unread.add(parseInt(remote, 16));
  }
  return unread;
}

/** Waits until the server has read everything that came over these connections, or has closed them. */
export async function allRead({ port }, connections) {
  const ports = connections.map(({ localPort }) => localPort);
  const deadline = Date.now() + WAIT_MS_MAX;
  for (;;) {
    await new Promise(setImmediate);
    const unread = clientsUnread(port);
    if (ports.every((each) => !unread.has(each))) return;
    if (Date.now() > deadline) throw new Error(`the server has not read what it was sent for ${WAIT_MS_MAX} ms`);
  }
}
