// The people of one server that is killed again and again: they load it, and afterwards hold it to what it told them.

import assert from 'node:assert/strict';

import { expectSound } from '../../e2e/harness/figures.mjs';
import { holdsOf } from '../../e2e/harness/holds.mjs';

import { Journal } from './journal.mjs';
import { loadUntilItDies, retryAll } from './load.mjs';
import { expectRows } from './rows.mjs';
import { Seeded } from './seeded.mjs';

const NO_HOLDS = { taken: 0, settled: 0, released: 0, open: 0 };

const sum = (all, count) => all.reduce((counted, each) => counted + count(each), 0);

export class Witnesses {
  newcomers = [];
  /** Who came since the server started. */
  #late = [];

  /** So many accounts of a server that runs; `name` is the load's, for its seed. */
  static async join(server, count, name) {
    const witnesses = new Witnesses();
    witnesses.server = server;
    witnesses.name = name;
    witnesses.journals = [];
    for (let i = 0; i < count; i += 1) witnesses.journals.push(await Journal.join(server));
    return witnesses;
  }

  get answered() {
    return sum(this.journals, (journal) => journal.answered());
  }

  /** How much of each kind was answered. */
  get #figures() {
    const { journals, newcomers } = this;
    return {
      answered: this.answered,
      streams: sum(journals, (journal) => journal.answered(({ stream }) => stream)),
      idempotent: sum(journals, (journal) => journal.answered(({ idempotencyKey }) => idempotencyKey)),
      replays: sum(journals, ({ replays }) => replays),
      'with an API key': sum(journals, (journal) => journal.answered(({ apiKey }) => apiKey)),
      'API keys ended': sum(journals, ({ keys }) => [...keys.values()].filter(({ ended }) => ended).length),
      registered: newcomers.length,
      logins: sum(newcomers, ({ logins }) => logins),
    };
  }

  get summary() {
    return Object.entries(this.#figures)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  }

  /** A kind of load without an answer would prove nothing. */
  expectEveryKind() {
    assert.ok(Object.values(this.#figures).every((count) => count > 0), this.summary);
  }

  /** Resolves when the server is gone, and fails at once where it says something wrong. */
  async loadUntilItDies(cycle) {
    this.#late = [];
    await loadUntilItDies(this.server, this.journals, this.#late, (client) => new Seeded(this.name, cycle, client));
  }

  /** Of a server that does not run: its rows, and what `verify` says. */
  async expectStored() {
    const turns = await expectRows(this.server.folder, this.journals, [...this.newcomers, ...this.#late]);
    await expectSound(this.server, turns);
    return turns;
  }

  /** Of a server that has just started again, over HTTP; what was in doubt is known from then on. */
  async expectKept() {
    assert.deepEqual(await holdsOf(this.server), NO_HOLDS);
    for (const witness of [...this.journals, ...this.#late]) await witness.expectKept();
    this.newcomers.push(...this.#late.splice(0));
  }

  /** Every chat that was cut off and has an idempotency key is had in the end, once. */
  async retryAll() {
    await retryAll(this.server, this.journals);
    for (const journal of this.journals) await journal.expectKept();
  }
}
