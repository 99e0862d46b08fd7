// Random choices that can be made again: PARLEY_PROOF_SEED is the seed that a run before has printed.

import { createHash, randomInt } from 'node:crypto';

export const SEED = process.env.PARLEY_PROOF_SEED ?? String(randomInt(2 ** 31));

/** A sequence of its own for each name, so that what runs at once does not take from one another. */
export class Seeded {
  #state;

  constructor(...names) {
    const name = [SEED, ...names].join('/');
    this.#state = createHash('sha256').update(name).digest().readUInt32LE();
  }

  /** From 0 up to 1, which it never is (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count) {
    return Math.floor(this.next() * count);
  }

  /** True once in `count` times. */
  onceIn(count) {
    return this.below(count) === 0;
  }
}
