// Stands between a proxy and Parley and keeps what passes in both directions, connection by connection: what the proxy
// took for a request, and what Parley took for one, can then be counted apart.
//
// Every request that a proxy under test forwards has a Request-Id that it made itself, beginning with `MADE`, and
// Parley repeats it in its answer. What was hidden in another request has none.

import net from 'node:net';

export const MADE = 'px-';

const FORWARDED = new RegExp(`\r\nrequest-id: (${MADE}[0-9a-f-]+)\r\n`, 'gi');
const ANSWERED = /HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/g;

const header = (lines, name) => new RegExp(`^${name}: ([^\r]*)\r$`, 'im').exec(lines)?.[1];

class Tapped {
  open = true;
  #up = [];
  #down = [];

  constructor(client, server) {
    this.#relay(client, server, this.#up);
    this.#relay(server, client, this.#down);
    server.on('close', () => (this.open = false));
  }

  #relay(from, to, kept) {
    from.on('data', (bytes) => {
      kept.push(bytes);
      to.write(bytes);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }

  /**
   * What passed so far: everything that the proxy sent, the ids of the requests that it forwarded, and Parley's final
   * answers.
   */
  read() {
    const sent = Buffer.concat(this.#up).toString('latin1');
    const forwarded = Array.from(sent.matchAll(FORWARDED), ([, id]) => id);
    const all = Buffer.concat(this.#down).toString('latin1');
    const answers = Array.from(all.matchAll(ANSWERED), ([, status, lines]) => ({
      status: Number(status),
      id: header(lines, 'Request-Id'),
      closes: header(lines, 'Connection') === 'close',
      turn: header(lines, 'Parley-Turn'),
    })).filter(({ status }) => status >= 200);
    return { sent, forwarded, answers, open: this.open };
  }
}

export class Tap {
  connections = [];
  #listener;

  /** In front of `upstream`, {host, port}. */
  static async start(upstream) {
    const tap = new Tap();
    tap.#listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const server = net.connect({ ...upstream, noDelay: true, allowHalfOpen: true });
      tap.connections.push(new Tapped(client, server));
    });
    await new Promise((resolve) => tap.#listener.listen(0, '127.0.0.1', resolve));
    tap.address = { host: '127.0.0.1', port: tap.#listener.address().port };
    return tap;
  }

  stop() {
    return new Promise((resolve) => this.#listener.close(resolve));
  }
}
