// What of a client's bytes the server has read, as Linux tells: a test that splits a request in two must know that the
// first part was read alone, and not hope so.

import { readFileSync } from 'node:fs';

const WAIT_MS_MAX = 20_000;

/** Behind the local address: the remote port, and the bytes to be read; between them a state and the bytes to send. */
const REST = /[0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{2} [0-9A-F]{8}:([0-9A-F]{8}) /y;

/** The ports of the clients of `port` with bytes that the server has not read. */
function clientsUnread(port) {
  const unread = new Set();
  const table = readFileSync('/proc/net/tcp', 'latin1');
  const local = ` 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  // There may be tens of thousands of other lines.
  for (let at = table.indexOf(local); at >= 0; at = table.indexOf(local, at + local.length)) {
    REST.lastIndex = at + local.length;
    const [, remote, bytes] = REST.exec(table) ?? ['', '', '00000000']; // a client's line: ours is the remote address
    if (bytes !== '00000000') unread.add(parseInt(remote, 16));
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
