// The page of GET /metrics, held to the grammar of Prometheus's text format 0.0.4 and read into numbers.

import assert from 'node:assert/strict';

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\n]|\\\\|\\n)*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"/;
const NUMBER = /[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN/;
const SAMPLE = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${LABEL.source}(?:,${LABEL.source})*)\\})? (${NUMBER.source})$`,
);

const number = (text) => Number(text.replace('Inf', 'Infinity'));
const unescaped = (text) => text.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
const keyOf = (name, labels) => `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
const within = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);

class Page {
  families = new Map();
  samples = new Map();

  /** The one value of this name and exactly these labels. */
  value(name, labels = {}) {
    const sample = this.samples.get(keyOf(name, labels));
    assert.ok(sample, `no ${keyOf(name, labels)}`);
    return sample.value;
  }

  /** All samples of this name that have these labels, others besides. */
  all(name, labels = {}) {
    return [...this.samples.values()].filter((sample) => sample.name === name && within(sample.labels, labels));
  }
}

/** Buckets rise up to +Inf, which is the count. */
function assertHistogram(page, family) {
  for (const { labels, value: count } of page.all(`${family}_count`)) {
    const buckets = page.all(`${family}_bucket`, labels);
    assert.equal(buckets.at(-1).labels.le, '+Inf', family);
    assert.equal(buckets.at(-1).value, count, family);
    for (let i = 1; i < buckets.length; i += 1) {
      assert.ok(number(buckets[i].labels.le) > number(buckets[i - 1].labels.le), `${family}: bounds don't rise`);
      assert.ok(buckets[i].value >= buckets[i - 1].value, `${family}: buckets fall`);
    }
    assert.ok(page.value(`${family}_sum`, labels) >= 0, family);
  }
  assert.ok(page.all(`${family}_count`).length > 0, `${family} has no series`);
}

/** Reads the page; fails on a line that the format does not have. */
export function readMetrics(text) {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  const page = new Page();
  let family;
  for (const line of text.slice(0, -1).split('\n')) {
    const [help, type, sample] = [HELP, TYPE, SAMPLE].map((grammar) => grammar.exec(line));
    assert.ok(help || type || sample, `not a line of the format: ${JSON.stringify(line)}`);
    if (help) {
      assert.ok(!page.families.has(help[1]), `${help[1]} has lines in two places`);
      family = { name: help[1] };
      page.families.set(help[1], family);
    } else if (type) {
      assert.equal(type[1], family.name);
      assert.equal(family.type, undefined, `${family.name} has two types`);
      family.type = type[2];
    } else {
      const name = sample[1];
      const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      assert.ok(suffixes.some((suffix) => name === family.name + suffix), `${name} is not of ${family.name}`);
      const labels = {};
      for (const [, key, value] of (sample[2] ?? '').matchAll(new RegExp(LABEL, 'g'))) {
        assert.ok(!(key in labels), `two labels ${key} in ${line}`);
        labels[key] = unescaped(value);
      }
      const key = keyOf(name, labels);
      assert.ok(!page.samples.has(key), `${key} is there twice`);
      const value = number(sample.at(-1));
      if (family.type === 'counter') assert.ok(name.endsWith('_total') && value >= 0, line);
      page.samples.set(key, { name, labels, value });
    }
  }
  for (const { name, type } of page.families.values()) if (type === 'histogram') assertHistogram(page, name);
  return page;
}
