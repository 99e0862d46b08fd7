// How many bytes wait between two sockets of this machine, as Linux tells it in /proc/net/tcp.

import { readFileSync } from 'node:fs';

const portOf = (address) => parseInt(address.split(':')[1], 16);

/** Of the connection from `client` to `server`: what the server has still to send and what the client has not read. */
export function queuedFor(server, client) {
  const queued = { toSend: 0, toRead: 0 };
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local, remote, , queues] = line.trim().split(/\s+/);
    if (queues === undefined) continue;
    const [toSend, toRead] = queues.split(':').map((count) => parseInt(count, 16));
    if (portOf(local) === server && portOf(remote) === client) queued.toSend += toSend;
    if (portOf(local) === client && portOf(remote) === server) queued.toRead += toRead;
  }
  return queued;
}
