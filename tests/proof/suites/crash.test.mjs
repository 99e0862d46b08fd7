// The server is killed with kill -9 under load, again and again: whatever was answered is there, with its one charge.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { query } from '../../e2e/harness/database.mjs';
import { delay } from '../../e2e/harness/eventually.mjs';
import { expectSound } from '../../e2e/harness/figures.mjs';
import { newName, Person } from '../../e2e/harness/people.mjs';
import { Server } from '../../e2e/harness/server.mjs';

const KILLS = Number(process.env.PARLEY_E2E_KILLS ?? 50);
const LOAD_MS_MAX = 250;
const PEOPLE = 8;
const CONNECTIONS_EACH = 3;
const OPENING = 100_000_000;
const VERIFY_EVERY = 10;

/** A person who chats on several connections, and what the server told them before it died. */
class Witness {
  answered = new Map(); // turn → message
  unanswered = 0;
  #sent = 0;

  constructor(person) {
    this.person = person;
  }

  async chatUntilItDies(server) {
    const connection = await server.connect().catch(() => null);
    if (!connection) return;
    const headers = { 'Content-Type': 'application/json', Authorization: `Token ${this.person.token}` };
    for (;;) {
      this.#sent += 1;
      const message = `${this.person.username} says ${this.#sent}`;
      this.unanswered += 1;
      let response;
      try {
        response = await connection.request('POST', '/api/chat/', { headers, body: JSON.stringify({ message }) });
      } catch {
        return; // killed: it may have been charged or not
      }
      this.unanswered -= 1;
      assert.equal(response.status, 200, response.text);
      assert.equal(response.json().message, message);
      const turn = Number(response.header('Parley-Turn'));
      assert.ok(!this.answered.has(turn), `turn ${turn} was given twice`);
      this.answered.set(turn, message);
    }
  }

  async expectEveryAnswerCharged() {
    const charged = (OPENING - (await this.person.balance())) / 100;
    assert.ok(Number.isInteger(charged));
    assert.ok(charged >= this.answered.size, `${this.answered.size} chats were answered, ${charged} charged`);
    assert.ok(
      charged <= this.answered.size + this.unanswered,
      `${charged} charged, at most ${this.answered.size + this.unanswered} asked`,
    );
    return charged;
  }
}

/** Registers and logs in without end; returns the people who were told that they are in. */
async function joinUntilItDies(server, joined) {
  for (;;) {
    const person = new Person(server, newName('late'));
    try {
      await person.register();
      joined.push(person);
      const before = person.token;
      person.token = undefined;
      await person.login();
      assert.notEqual(person.token, before);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return;
    }
  }
}

async function expectStillIn(people) {
  for (const person of people) {
    if (person.token) assert.equal(await person.balance(), OPENING, 'a token that was given works');
    await person.login();
    assert.equal(await person.balance(), OPENING, 'the opening balance is there once');
  }
}

async function expectRows(server, witnesses) {
  const rows = await query(
    server.folder,
    `SELECT turns.id, message, response, amount, username FROM turns JOIN entries ON entries.id = turns.id
     JOIN accounts ON accounts.id = turns.account;`,
  );
  const byTurn = new Map(rows.map((row) => [row.id, row]));
  assert.equal(byTurn.size, rows.length);
  for (const { person, answered } of witnesses) {
    for (const [turn, message] of answered) {
      assert.deepEqual(byTurn.get(turn), {
        id: turn,
        message,
        response: `AI response to '${message}'`,
        amount: -100,
        username: person.username,
      });
    }
  }
}

describe('a server that is killed under load', () => {
  it(`${KILLS} times still has every chat that it answered, each charged once`, async (t) => {
    const server = new Server({ settings: { 'starting-balance': OPENING } });
    t.after(() => server.finish());
    await server.start();
    const witnesses = [];
    for (let i = 0; i < PEOPLE; i += 1) witnesses.push(new Witness(await Person.join(server)));

    let charged = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const joined = [];
      const clients = witnesses.flatMap((witness) =>
        Array.from({ length: CONNECTIONS_EACH }, () => witness.chatUntilItDies(server)),
      );
      clients.push(joinUntilItDies(server, joined));
      await delay(Math.random() * LOAD_MS_MAX);
      await server.kill();
      await Promise.all(clients);

      if (kill % VERIFY_EVERY === 0) await expectSound(server);
      await server.start();
      charged = 0;
      for (const witness of witnesses) charged += await witness.expectEveryAnswerCharged();
      await expectStillIn(joined.slice(-5));
    }

    const answered = witnesses.reduce((sum, witness) => sum + witness.answered.size, 0);
    assert.ok(answered > KILLS, `only ${answered} chats were answered: there was no load`);
    await server.terminate();
    await expectSound(server, charged);
    await expectRows(server, witnesses);
    t.diagnostic(`${KILLS} kills, ${answered} chats answered, ${charged} charged`);
  });
});
