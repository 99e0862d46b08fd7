// Engines that no HTTP comes about with: nobody listens, nobody accepts, TLS fails. Each is started with
// start(t) and gives {url, expectUnasked(server)}, which says in the server's own words that the fault was this one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';

import { start } from '../../e2e/harness/children.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { Upstream } from '../../e2e/harness/upstream.mjs';

const listening = (server, options) =>
  new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', ...options }, () => resolve(server)));

const logged = (pattern) => (server) => eventually(`the log having ${pattern}`, () => pattern.test(server.log));

/** A port that was free a moment ago: kept by a socket that is connected from it, which listens to nobody. */
export async function refusing(t) {
  const other = await listening(net.createServer());
  const holder = net.connect(other.address().port, '127.0.0.1');
  await new Promise((resolve) => holder.once('connect', resolve));
  t.after(() => {
    holder.destroy();
    other.close();
  });
  return { url: `http://127.0.0.1:${holder.localPort}/v1`, expectUnasked: logged(/unreachable: curl 7:/) };
}

export async function unresolvable() {
  return { url: 'http://engine.invalid/v1', expectUnasked: logged(/unreachable: curl 6:/) };
}

/** A server of plain HTTP that is spoken to in TLS. */
export async function speakingPlainHttp(t) {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  return {
    url: upstream.url.replace('http:', 'https:'),
    expectUnasked: async (server) => {
      await logged(/unreachable: curl 35:/)(server);
      assert.equal(upstream.requests.length, 0);
    },
  };
}

/** Whose certificate is this file's; it would answer whoever took it. */
function withCertificate(name, pattern) {
  return async (t) => {
    const pem = readFileSync(new URL(name, import.meta.url));
    let requests = 0;
    let connections = 0;
    const upstream = https.createServer({ key: pem, cert: pem }, (request, response) => {
      requests += 1;
      response.end();
    });
    upstream.on('connection', () => (connections += 1));
    await listening(upstream);
    t.after(() => {
      upstream.closeAllConnections();
      upstream.close();
    });
    return {
      url: `https://127.0.0.1:${upstream.address().port}/v1`,
      expectUnasked: async (server) => {
        await logged(pattern)(server);
        assert.ok(connections > 0, 'nobody connected');
        assert.equal(requests, 0, 'a request was sent to who could not be trusted');
      },
    };
  };
}

export const untrusted = withCertificate('self_signed_for_tests.pem', /unreachable: curl 60:.*self.signed/);
// Its signature is refused before its name is: only a certificate that the machine trusts would tell the two apart.
export const ofAnotherHost = withCertificate('self_signed_for_another_host.pem', /unreachable: curl 60:/);

/** Takes connections and never says a word, so that TLS can't begin. */
export async function silentInTls(t) {
  const sockets = [];
  const silent = await listening(net.createServer((socket) => sockets.push(socket.on('error', () => {}).resume())));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  return {
    url: `https://127.0.0.1:${silent.address().port}/v1`,
    expectUnasked: async (server) => {
      await logged(/connect_timeout: /)(server);
      assert.ok(sockets.length > 0, 'nobody connected');
    },
  };
}

const LISTENER = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: Number(process.argv[1]) }, () => {
    console.log(server.address().port);
  });
`;

/** A process that listens and was then stopped: the kernel takes as many connections as its backlog has room for. */
async function stoppedListener(t, backlog) {
  const child = start(process.execPath, ['--eval', LISTENER, String(backlog)]);
  t.after(() => child.kill('SIGKILL'));
  const port = Number(await eventually('the port of the listener', () => /^\d+\n/.exec(child.stdoutText)?.[0]));
  child.kill('SIGSTOP');
  return port;
}

/** Connections come about, but nobody takes them. */
export async function notAccepting(t) {
  const port = await stoppedListener(t, 64);
  return { url: `http://127.0.0.1:${port}/v1`, expectUnasked: logged(/reply_timeout: no first byte in time/) };
}

/** Not even connections come about: the backlog is full. */
export async function unconnectable(t) {
  const port = await stoppedListener(t, 1);
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  for (let connected = true; connected; ) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    connected = await new Promise((resolve) => {
      const patience = setTimeout(() => resolve(false), 500);
      socket.once('connect', () => resolve(true)).once('connect', () => clearTimeout(patience));
    });
    assert.ok(sockets.length < 100, 'the backlog has no end');
  }
  return { url: `http://127.0.0.1:${port}/v1`, expectUnasked: logged(/connect_timeout: /) };
}
