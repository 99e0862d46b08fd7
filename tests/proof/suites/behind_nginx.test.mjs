// docs/operating.md, "Behind a proxy", with nginx: each client counts by itself, streams arrive as they are made, and
// the metrics are not everybody's.

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';

import { Connection } from '../../e2e/harness/connection.mjs';
import { CHAT, EventStream } from '../../e2e/harness/event_stream.mjs';
import { expectOneSentence } from '../../e2e/harness/expect.mjs';
import { Person, newName } from '../../e2e/harness/people.mjs';
import { PLAIN } from '../../e2e/harness/recording.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { SteppedReply } from '../../e2e/harness/stepped_reply.mjs';
import { Upstream } from '../../e2e/harness/upstream.mjs';
import { Proxy } from '../harness/proxies.mjs';

const ONCE = { 'registrations-per-address-burst': 1, 'registrations-per-address-period': 600 };

async function behindNginx(t, settings) {
  const server = await Server.startFor(t, { settings });
  const proxy = await Proxy.start('nginx', server.address);
  t.after(() => proxy.stop());
  return { server, proxy };
}

/** A connection to the proxy from this address of the machine's. */
async function connectFrom(localAddress, proxy) {
  const socket = net.connect({ ...proxy.address, localAddress, noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return new Connection(socket).unjudged();
}

async function registerFrom(localAddress, proxy, headers = {}) {
  const connection = await connectFrom(localAddress, proxy);
  const body = JSON.stringify({ username: newName(), password: 'correct horse battery' });
  const all = { 'Content-Type': 'application/json', ...headers };
  const response = await connection.request('POST', '/api/register/', { headers: all, body });
  connection.destroy();
  return response.status;
}

describe('behind nginx', () => {
  it('each client counts by itself where the proxy is named', async (t) => {
    const { server, proxy } = await behindNginx(t, { ...ONCE, 'trusted-proxies': '127.0.0.1' });
    assert.equal(await registerFrom('127.0.0.2', proxy), 201);
    assert.equal(await registerFrom('127.0.0.3', proxy), 201);
    assert.equal(await registerFrom('127.0.0.2', proxy), 429);
    const claim = { 'X-Forwarded-For': '203.0.113.7' };
    assert.equal(await registerFrom('127.0.0.2', proxy, claim), 429, 'what a client claims counts for nothing');
    assert.doesNotMatch(server.log, /proxy_not_trusted/);
  });

  it('all clients count as one until the proxy is named, which the log says once', async (t) => {
    const { server, proxy } = await behindNginx(t, ONCE);
    assert.equal(await registerFrom('127.0.0.2', proxy), 201);
    assert.equal(await registerFrom('127.0.0.3', proxy), 429);
    assert.equal(server.log.match(/proxy_not_trusted/g)?.length, 1);
  });

  it('a stream arrives as it is made', async (t) => {
    const reply = new SteppedReply();
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    upstream.otherwise = reply.cue;
    const { server, proxy } = await behindNginx(t, upstream.settings());
    const person = await Person.join(server);
    const asked = EventStream.open(proxy, CHAT, 'Hello', { token: person.token });
    await reply.open();
    const stream = await asked;
    let text = '';
    for (const event of PLAIN.events) {
      await reply.send(event);
      if (!event.text) continue;
      const arrived = await stream.next(); // the next one is not sent before
      assert.equal(CHAT.text(arrived), event.text);
      text += event.text;
    }
    assert.equal(text, PLAIN.text);
    reply.end();
    assert.equal((await stream.rest()).at(-1).type, 'done');
    stream.leave('FIN');
    assert.equal(await person.balance(), 4000 - 100);
  });

  it('the metrics are for nobody without the token', async (t) => {
    const { server, proxy } = await behindNginx(t, {});
    const connection = await proxy.connect();
    expectOneSentence(await connection.request('GET', '/metrics'), 401, 'detail');
    connection.destroy();
    assert.equal((await server.request('GET', '/metrics')).status, 200);
  });
});
