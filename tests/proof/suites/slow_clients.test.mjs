// Slow-loris: thousands of connections that send or take next to nothing. Honest people are served meanwhile, and the
// server's deadlines end every slow connection.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { delay, eventually } from '../../e2e/harness/eventually.mjs';
import { expectSound } from '../../e2e/harness/figures.mjs';
import { scrape } from '../../e2e/harness/holds.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { SlowClients, connectionsOfEach } from '../harness/slow_clients.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const EACH = connectionsOfEach(Number(process.env.PARLEY_PROOF_SLOW_CONNECTIONS ?? 1000));
const HONEST = 8;
const PAUSE_MS = 50;
const OPENING = 1_000_000;
/** Of the honest people, the one that reads the metrics, and the tool's own look whether the server is there. */
const OTHER_CONNECTIONS_MAX = HONEST + 4;
const OPENED_MS_MAX = 30_000;
/** The header deadline of 10 s, for a process that is slow itself; likewise the body deadline of 30 s. */
const HEADERS_END_MS_MAX = 25_000;
const BODIES_END_MS_MAX = 60_000;
/** A reader is ended 30 s after its last bit, and may take several until nothing fits any more. */
const READERS_END_MS_MAX = 240_000;
const NOT_ENDED_SECONDS = 600;

class HonestPerson {
  latencies_ms = [];

  constructor(person) {
    this.person = person;
  }

  async chatWhile(condition) {
    while (condition()) {
      const message = `chat ${this.latencies_ms.length}`;
      const begin = performance.now();
      const response = await this.person.chat(message);
      this.latencies_ms.push(performance.now() - begin);
      assert.equal(response.status, 200, response.text);
      assert.equal(response.json().message, message);
      await delay(PAUSE_MS);
    }
  }
}

function latenciesOf(people) {
  const all = people.flatMap(({ latencies_ms }) => latencies_ms).sort((a, b) => a - b);
  const median = all[Math.floor(all.length / 2)];
  return `${all.length} chats, median ${median.toFixed(1)} ms, at most ${all.at(-1).toFixed(1)} ms`;
}

describe('a server with thousands of slow clients', () => {
  it('serves honest people and ends the slow ones', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': OPENING } });
    const people = [];
    for (let i = 0; i < HONEST; i += 1) people.push(new HonestPerson(await Person.join(server)));
    const connections = async () => (await scrape(server)).value('parley_http_connections');
    const fallsTo = (count, time_ms) =>
      eventually(`no more than ${count} connections`, async () => (await connections()) <= count, time_ms);

    let attacked = true;
    const chatting = Promise.all(people.map((person) => person.chatWhile(() => attacked)));
    chatting.catch(() => {}); // awaited below
    try {
      const begin = (way) => {
        const clients = new SlowClients(server, way, EACH, NOT_ENDED_SECONDS);
        t.after(() => clients.stop());
        return clients;
      };
      const allOf = (count) =>
        eventually(`${count} slow connections`, async () => (await connections()) >= count, OPENED_MS_MAX);
      const [readers, bodies] = [begin('slow readers'), begin('slow bodies')];
      await allOf(2 * EACH);
      const headers = begin('slow headers'); // the last, as they are the first to be ended
      await allOf(3 * EACH);
      assert.equal(await headers.ended(HEADERS_END_MS_MAX), 'No open connections left');
      await fallsTo(2 * EACH + OTHER_CONNECTIONS_MAX);

      if (LONG) {
        assert.equal(await bodies.ended(BODIES_END_MS_MAX), 'No open connections left');
        await fallsTo(EACH + OTHER_CONNECTIONS_MAX);
        await fallsTo(OTHER_CONNECTIONS_MAX, READERS_END_MS_MAX);
        assert.ok(readers.running, 'the readers left by themselves');
      }
      await Promise.all([bodies.stop(), readers.stop()]);
      await fallsTo(OTHER_CONNECTIONS_MAX);
    } finally {
      attacked = false;
    }
    await chatting;

    const chats = people.reduce((sum, { latencies_ms }) => sum + latencies_ms.length, 0);
    for (const { person, latencies_ms } of people) {
      assert.ok(latencies_ms.length > 0, 'somebody was never served');
      assert.equal(await person.balance(), OPENING - 100 * latencies_ms.length);
    }
    await server.terminate();
    await expectSound(server, chats);
    t.diagnostic(`beside ${3 * EACH} slow connections: ${latenciesOf(people)}`);
  });
});
