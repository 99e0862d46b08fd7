// nginx and haproxy in front of Parley, with connections that they share among clients: whatever a client sends, the
// proxy and Parley agree where each request ends, and nobody gets the answer to what somebody else asked.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { WAIT_MS_MAX, encode } from '../../e2e/harness/connection.mjs';
import { delay } from '../../e2e/harness/eventually.mjs';
import { expectSound } from '../../e2e/harness/figures.mjs';
import { Person } from '../../e2e/harness/people.mjs';
import { Server } from '../../e2e/harness/server.mjs';
import { PROXIES, Proxy } from '../harness/proxies.mjs';
import { MADE, Tap } from '../harness/tap.mjs';
import { CORPUS } from '../http/corpus.mjs';
import { bytesOf } from '../http/requests.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const ROUNDS = Number(process.env.PARLEY_PROOF_ROUNDS ?? (LONG ? 10 : 1));
const ATTACKERS = 64;
const HONEST = 8;
const HONEST_PAUSE_MS = 20;
/** After the attack each of the connections that the proxy keeps has its turn. */
const HONEST_AFTERWARDS = 2 * ATTACKERS - HONEST;
const OPENING = 1_000_000;
/** Ends the client's side where the bytes before it were whole requests. */
const LAST = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const OTHERS = /\/(healthz|api\/login\/) /;
const HONEST_MESSAGE = /"message":"honest /;

/** Sends the bytes and waits until the proxy has closed; returns the ids of the answers. */
async function attack(proxy, bytes) {
  const connection = await proxy.connect();
  const deadline = Date.now() + WAIT_MS_MAX;
  connection.write(Buffer.concat([bytes, Buffer.from(LAST)]));
  const received = (await connection.closed()).toString('latin1');
  assert.ok(Date.now() < deadline, `the proxy keeps its client waiting after ${bytes.toString('latin1')}`);
  connection.destroy();
  return Array.from(received.matchAll(new RegExp(`\r\nrequest-id: (${MADE}[0-9a-f-]+)\r\n`, 'gi')), ([, id]) => id);
}

class HonestPerson {
  chats = 0;
  ids = [];

  constructor(person, number) {
    this.person = person;
    this.number = number;
  }

  async chat(proxy) {
    this.chats += 1;
    const message = `honest ${this.number} says ${this.chats}`;
    const connection = await proxy.connect();
    const headers = { 'Content-Type': 'application/json', Authorization: `Token ${this.person.token}` };
    connection.write(encode('POST', '/api/chat/', { headers, body: JSON.stringify({ message }) }));
    const response = await connection.response();
    connection.destroy();
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(response.json(), { message, response: `AI response to '${message}'` });
    this.ids.push(response.header('Request-Id'));
  }
}

/** What Parley answered on one connection is what the proxy asked there, in that order, and never more. */
function expectAgreement({ sent, forwarded, answers, open }) {
  const shown = () => `${JSON.stringify({ forwarded, answers }, null, 1)}\nafter:\n${sent.slice(-2000)}`;
  assert.ok(answers.length <= forwarded.length, `Parley saw more requests than were forwarded: ${shown()}`);
  answers.forEach((answer, index) => {
    const last = index === answers.length - 1;
    // A header block that is refused in its middle may not have come to its id.
    const refused = last && answer.closes && answer.status >= 400 && !answer.id.startsWith(MADE);
    assert.ok(refused || answer.id === forwarded[index], `an answer to something else: ${shown()}`);
    assert.ok(last || !answer.closes, `answered after the end: ${shown()}`);
  });
  // The proxy leaves where its client does not finish a request; nothing else may stay without an answer.
  const missing = forwarded.length - answers.length;
  assert.ok(missing === 0 || (missing === 1 && !open), `not answered: ${shown()}`);
}

async function expectSafe(t, kind) {
  const server = await Server.startFor(t, { settings: { 'starting-balance': OPENING } });
  const people = [];
  for (let number = 1; number <= HONEST; number += 1) {
    people.push(new HonestPerson(await Person.join(server), number));
  }
  const victim = await Person.join(server);
  const tap = await Tap.start(server.address);
  t.after(() => tap.stop());
  const proxy = await Proxy.start(kind, tap.address);
  t.after(() => proxy.stop());

  const unfinishedFirst = CORPUS.slice().sort((a, b) => b.ends.localeCompare(a.ends)); // they take the longest
  const left = Array.from({ length: ROUNDS }, () => unfinishedFirst).flat();
  const delivered = [];
  let attacking = true;
  const attackers = Array.from({ length: ATTACKERS }, async () => {
    while (left.length > 0) delivered.push(...(await attack(proxy, bytesOf(left.shift(), victim.token))));
  });
  const chatting = Promise.all(
    people.map(async (person) => {
      while (attacking) {
        await person.chat(proxy);
        await delay(HONEST_PAUSE_MS);
      }
    }),
  );
  chatting.catch(() => {}); // awaited below
  await Promise.all(attackers).finally(() => (attacking = false));
  await chatting;
  await Promise.all(Array.from({ length: HONEST_AFTERWARDS }, (_, index) => people[index % HONEST].chat(proxy)));
  await proxy.stop();

  const connections = tap.connections.map((connection) => connection.read());
  connections.forEach(expectAgreement);
  delivered.push(...people.flatMap(({ ids }) => ids));
  assert.equal(new Set(delivered).size, delivered.length, 'an answer went to two clients');
  const shared = connections.filter(({ sent }) => HONEST_MESSAGE.test(sent) && OTHERS.test(sent));
  assert.ok(shared.length > 0, 'no connection had requests of both');

  let charged = (OPENING - (await victim.balance())) / 100;
  for (const { person, chats } of people) {
    assert.equal(await person.balance(), OPENING - 100 * chats);
    charged += chats;
  }
  const answers = connections.flatMap((connection) => connection.answers);
  assert.equal(answers.filter(({ turn }) => turn !== undefined).length, charged, 'each charge was asked for');
  await server.terminate();
  await expectSound(server, charged);
  const chats = people.reduce((sum, person) => sum + person.chats, 0);
  t.diagnostic(
    `${CORPUS.length * ROUNDS} cases and ${chats} honest chats: ${answers.length} requests on ` +
      `${connections.length} connections, ${shared.length} of them shared`,
  );
}

describe('behind a proxy, every request ends where the proxy says', () => {
  for (const kind of Object.keys(PROXIES)) it(`behind ${kind}`, (t) => expectSafe(t, kind));
});
