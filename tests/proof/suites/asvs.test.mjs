// docs/asvs.md can't lie about what it has: every requirement of levels 1 and 2 once, each with a verdict, and every
// test that it names.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, ROOT), 'utf8');

/** How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has. */
const REQUIREMENTS = {
  ...{ V1: 27, V2: 11, V3: 19, V4: 10, V5: 9, V6: 35, V7: 18, V8: 7, V9: 7 },
  ...{ V10: 29, V11: 14, V12: 9, V13: 13, V14: 9, V15: 13, V16: 16, V17: 7 },
};
const VERDICTS = ['held', 'not held', 'does not apply', "operator's"];
const ROW = /^\| (V\d+(?:\.\d+){0,2}) \| ([12](?:–2)?)(?: \((\d+)\))? \| ([^|]+) \| `([^`]+)` \| (.+) \|$/;

const text = read('docs/asvs.md');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| V'))
  .map((line) => {
    const [, number, level, count, about, verdict, why] = ROW.exec(line) ?? assert.fail(`not a row: ${line}`);
    return { number, level, count: Number(count ?? 1), about, verdict, why };
  });

const partsOf = (number) => number.slice(1).split('.').map(Number);
const isAfter = (one, other) => {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at >= 0 && one[at] > (other[at] ?? 0);
};

test('every requirement is there once, in its order', () => {
  const found = {};
  rows.forEach(({ number, count }, at) => {
    const chapter = number.split('.')[0];
    found[chapter] = (found[chapter] ?? 0) + count;
    const isWhole = partsOf(number).length < 3;
    assert.ok(isWhole || count === 1, number);
    if (at === 0) return;
    assert.ok(isAfter(partsOf(number), partsOf(rows[at - 1].number)), `${number} after ${rows[at - 1].number}`);
  });
  assert.deepEqual(found, REQUIREMENTS);
});

test('every line has a verdict, and a test or a reason; whole sections only where none applies', () => {
  for (const { number, verdict, why } of rows) {
    assert.ok(VERDICTS.includes(verdict), `${number}: ${verdict}`);
    assert.ok(why.trim().length >= 5, `${number} has no reason`);
    if (partsOf(number).length < 3) assert.equal(verdict, 'does not apply', number);
  }
});

test('the sums are those of the lines', () => {
  const sums = VERDICTS.map((verdict) => {
    const counts = rows.filter((row) => row.verdict === verdict).map(({ count }) => count);
    return `${counts.reduce((sum, count) => sum + count, 0)} ${verdict}`;
  });
  assert.ok(text.includes(`In all: ${sums.join(', ')}.`), sums.join(', '));
});

/** Whether a suite has a test of this name, as it is written there. */
function hasTest(source, name) {
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${name}${quote}`);
  return quoted.some((each) => source.includes(`it(${each}`) || source.includes(`test(${each}`));
}

function hasUnitTest(source, [suite, name]) {
  return new RegExp(`^(TEST|TEST_F|TEST_P|RC_GTEST_PROP)\\(${suite}, ${name}[,)]`, 'm').test(source);
}

test('every test that it names exists', () => {
  let named = 0;
  for (const { number, why } of rows) {
    for (const [, path, name] of why.matchAll(/`(tests\/[^`]+\.test\.mjs)`: “([^”]+)”/g)) {
      assert.ok(existsSync(new URL(path, ROOT)), `${number}: no ${path}`);
      assert.ok(hasTest(read(path), name), `${number}: no test “${name}” in ${path}`);
      named += 1;
    }
    for (const [, path, name] of why.matchAll(/`(src\/[^`]+_test\.cpp)`: `([^`]+)`/g)) {
      assert.ok(existsSync(new URL(path, ROOT)), `${number}: no ${path}`);
      assert.ok(hasUnitTest(read(path), name.split('.')), `${number}: no test ${name} in ${path}`);
      named += 1;
    }
    const files = why.match(/(\.test\.mjs|_test\.cpp)`/g) ?? [];
    const tests = why.match(/\.test\.mjs`: “|_test\.cpp`: `/g) ?? [];
    assert.equal(files.length, tests.length, `${number} names a file of tests without a test`);
  }
  assert.ok(named > 100, `${named} tests`);
});

test('every file that it names exists', () => {
  for (const [, path] of text.matchAll(/`((?:src|tests|docs)\/[^`“”]+?)`/g)) {
    assert.ok(existsSync(new URL(path, ROOT)), path);
  }
});
