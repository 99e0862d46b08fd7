// GET /metrics: what Prometheus reads, and who else may.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { eventually } from '../harness/eventually.mjs';
import { expectOneSentence } from '../harness/expect.mjs';
import { readMetrics } from '../harness/metrics.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { CUES, Upstream, held } from '../harness/upstream.mjs';

const TOKEN = 'canary-of-the-metrics-token';

async function scrape(server) {
  const response = await server.request('GET', '/metrics');
  assert.equal(response.status, 200, response.text);
  return readMetrics(response.text);
}

function expectHoldsAddUp(page) {
  const [taken, settled, released] = ['taken', 'settled', 'released'].map((name) =>
    page.value(`parley_holds_${name}_total`),
  );
  assert.equal(taken, settled + released + page.value('parley_holds_open'));
}

const answers = (page, route, status) => page.value('parley_http_requests_total', { route, method: 'POST', status });

describe('GET /metrics', () => {
  const server = Server.forSuite({ settings: { 'chat-price': 100, 'starting-balance': 250 } });

  it('is the text format of Prometheus, line by line', async () => {
    const response = await server.request('GET', '/metrics');
    assert.equal(response.status, 200);
    assert.equal(response.header('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(response.header('cache-control'), 'no-store');
    const page = readMetrics(response.text);
    for (const [name, type] of Object.entries({
      parley_build_info: 'gauge',
      parley_http_requests_total: 'counter',
      parley_http_request_seconds: 'histogram',
      parley_http_connections: 'gauge',
      parley_store_batch_operations: 'histogram',
      parley_store_commit_seconds: 'histogram',
      parley_store_commits_total: 'counter',
      parley_store_queued_operations: 'gauge',
      parley_store_writable: 'gauge',
      parley_holds_open: 'gauge',
      parley_hashing_queued_jobs: 'gauge',
      parley_hashing_busy_threads: 'gauge',
      process_cpu_seconds_total: 'counter',
      process_start_time_seconds: 'gauge',
      process_resident_memory_bytes: 'gauge',
      process_virtual_memory_bytes: 'gauge',
      process_threads: 'gauge',
      process_open_fds: 'gauge',
      process_max_fds: 'gauge',
    })) {
      assert.equal(page.families.get(name)?.type, type, name);
    }
  });

  it('answers HEAD, and other methods with 405', async () => {
    assert.equal((await server.request('HEAD', '/metrics')).status, 200);
    assert.equal((await server.request('POST', '/metrics')).status, 405);
  });

  it('tells of the process what the system does', async () => {
    const page = await scrape(server);
    assert.ok(Math.abs(page.value('process_start_time_seconds') - Date.now() / 1000) < 600);
    assert.ok(page.value('process_resident_memory_bytes') > 1024 * 1024);
    assert.ok(page.value('process_open_fds') <= page.value('process_max_fds'));
    assert.ok(page.value('process_threads') >= 3);
    assert.equal(page.value('parley_store_writable'), 1);
  });

  it('goes up by what was done', async () => {
    const before = await scrape(server);
    const person = await Person.join(server);
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await person.chat()).status);
    assert.deepEqual(statuses, [200, 200, 402]);
    await person.balance();
    assert.equal((await server.post('/api/chat/', { message: 'Hello' })).status, 401);
    const after = await scrape(server);

    const rose = (name, labels) => after.value(name, labels) - before.value(name, labels);
    const answered = (route, status) => answers(after, route, status) - answers(before, route, status);
    assert.equal(answered('/api/register/', '201'), 1);
    assert.equal(answered('/api/login/', '200'), 1);
    assert.equal(answered('/api/chat/', '200'), 2);
    assert.equal(answered('/api/chat/', '402'), 1);
    assert.equal(answered('/api/chat/', '401'), 1);
    assert.equal(answered('/api/balance/', '200'), 1);
    assert.equal(rose('parley_http_request_seconds_count', { route: '/api/chat/', method: 'POST' }), 4);
    assert.equal(rose('parley_holds_taken_total'), 2);
    assert.equal(rose('parley_holds_settled_total'), 2);
    assert.ok(rose('parley_store_commits_total') >= 4, 'register, login and two chats, one after the other');
    assert.ok(rose('parley_store_batch_operations_sum') >= rose('parley_store_commits_total'));
    assert.ok(rose('process_cpu_seconds_total') > 0);
    expectHoldsAddUp(after);
  });

  it('makes no series of what clients send', async () => {
    const before = (await scrape(server)).samples.size;
    for (const path of ['/api/nothing/', '/metrics/x', '/%00', '/api/chat/?x=1']) await server.request('GET', path);
    await server.request('BREW', '/api/chat/');
    assert.equal((await scrape(server)).samples.size, before);
  });

  it('counts the connections that are open', async () => {
    const before = (await scrape(server)).value('parley_http_connections');
    const connection = await server.connect();
    await connection.request('GET', '/healthz');
    assert.equal((await scrape(server)).value('parley_http_connections'), before + 1);
    connection.destroy();
    await eventually('the connection to be gone', async () => {
      return (await scrape(server)).value('parley_http_connections') === before;
    });
  });
});

describe('holds in the metrics', () => {
  it('add up on every page: taken = settled + released + open', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(server);
    const waiting = held();
    upstream.script(CUES.unauthorized, waiting.cue);
    assert.equal((await person.chat()).status, 502);
    const chat = person.chat();
    await waiting.arrived();
    const during = await scrape(server);
    assert.equal(during.value('parley_holds_open'), 1);
    assert.equal(during.value('parley_holds_released_total'), 1);
    expectHoldsAddUp(during);

    waiting.release();
    assert.equal((await chat).status, 200);
    let chats = Array.from({ length: 12 }, () => person.chat());
    for (let i = 0; i < 12; i += 1) expectHoldsAddUp(await scrape(server));
    chats = await Promise.all(chats);
    assert.ok(chats.every(({ status }) => status === 200));
    const after = await scrape(server);
    assert.equal(after.value('parley_holds_settled_total'), 13);
    assert.equal(after.value('parley_holds_open'), 0);
    expectHoldsAddUp(after);
  });
});

describe('who may read the metrics', () => {
  const ask = (server, headers) => server.request('GET', '/metrics', { headers });
  const remote = { 'X-Forwarded-For': '192.0.2.7' };

  async function expectRefused(server, headers) {
    const response = await ask(server, headers);
    expectOneSentence(response, 401, 'detail');
    assert.equal(response.text, '{"detail":"Authentication credentials were not provided."}');
    assert.equal(response.header('www-authenticate'), 'Bearer');
  }

  it('is who asks from this machine, with no proxy between', async (t) => {
    const server = await Server.startFor(t);
    assert.equal((await ask(server, {})).status, 200);
    await expectRefused(server, remote);
    await expectRefused(server, { Forwarded: 'for=127.0.0.1' });
    await expectRefused(server, { ...remote, Authorization: 'Bearer ' });
    await expectRefused(server, { ...remote, Authorization: 'Bearer x' });
  });

  it('is not everybody behind a trusted proxy of this machine', async (t) => {
    const server = await Server.startFor(t, { settings: { 'trusted-proxies': '127.0.0.1' } });
    await expectRefused(server, remote);
    await expectRefused(server, { 'X-Forwarded-For': '127.0.0.1' });
  });

  it('is who has the token, which is in no log and on no page', async (t) => {
    const server = await Server.startFor(t, { settings: { 'metrics-token': TOKEN, 'log-level': 'debug' } });
    const responses = [
      await ask(server, { ...remote, Authorization: `Bearer ${TOKEN}` }),
      await ask(server, { ...remote, Authorization: `bearer ${TOKEN}` }),
      await ask(server, {}),
    ];
    for (const { status } of responses) assert.equal(status, 200);
    await expectRefused(server, { ...remote, Authorization: `Bearer ${TOKEN}x` });
    await expectRefused(server, { ...remote, Authorization: TOKEN });
    await expectRefused(server, remote);
    const person = await Person.join(server);
    await expectRefused(server, { ...remote, Authorization: `Token ${person.token}` });

    await server.terminate();
    assert.ok(!server.log.includes(TOKEN), 'the log has the token');
    assert.match(server.log, /"?metrics-token"?.*\*\*\*/, 'the setting is shown, masked');
    for (const { text } of responses) assert.ok(!text.includes(TOKEN));
  });
});
