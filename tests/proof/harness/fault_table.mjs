// Reads docs/faults.md strictly: what a row says is what the test expects, so a row that can't be read is an error.

import assert from 'node:assert/strict';

const FAULT_COLUMNS = ['fault', 'what happens', 'request', 'status', 'error', 'charged', 'saved', 'holds'];
const SENTENCE_COLUMNS = ['error', 'code under `/v1`', '`Retry-After`'];

/** The second-level headings, in this order, with the columns of all tables below each. */
const SECTIONS = {
  'What errors say': SENTENCE_COLUMNS,
  'Faults of the engine': FAULT_COLUMNS,
  'Faults of the client': FAULT_COLUMNS,
};

export const REQUESTS = ['chat', 'stream', 'completion', 'completion stream'];

const NOTHING = '—';
const STREAM_ENDS = ['done', 'done with length', 'error', 'closed'];
const REFUSED_FROM = 400;

const cellsOf = (line) => {
  assert.match(line, /^\| .* \|$/, `not a row of a table: ${line}`);
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
};

const oneOf = (words, word, what) => {
  assert.ok(words.includes(word), `${what} is ${JSON.stringify(word)}, none of: ${words.join(', ')}`);
  return word;
};

/** The rows of every table of the document by section: {section: [{column: cell}]}. */
function rowsOf(text) {
  const sections = new Map();
  let section;
  let columns;
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (line.startsWith('## ')) {
      section = line.slice('## '.length);
      assert.ok(section in SECTIONS && !sections.has(section), `a section that nobody expects: ${section}`);
      sections.set(section, []);
    }
    if (!line.startsWith('|')) {
      columns = undefined;
      continue;
    }
    const cells = cellsOf(line);
    if (columns === undefined) {
      assert.ok(section, `a table outside of a section: ${line}`);
      columns = SECTIONS[section];
      assert.deepEqual(cells, columns, `columns of "${section}"`);
      at += 1;
      assert.match(lines[at] ?? '', /^\|( --- \|)+$/, `no line below the columns of "${section}"`);
      continue;
    }
    assert.equal(cells.length, columns.length, `cells of the row: ${line}`);
    sections.get(section).push(Object.fromEntries(cells.map((cell, index) => [columns[index], cell])));
  }
  assert.deepEqual([...sections.keys()], Object.keys(SECTIONS), 'sections');
  for (const [name, rows] of sections) assert.ok(rows.length > 0, `"${name}" has no rows`);
  return sections;
}

/** The code and whether there is a Retry-After, by sentence. */
function sentencesOf(rows) {
  const sentences = new Map();
  for (const row of rows) {
    const [error, code, retryAfter] = SENTENCE_COLUMNS.map((column) => row[column]);
    assert.match(error, /^[A-Z].*\.$/, `not a sentence: ${error}`);
    assert.ok(!sentences.has(error), `two rows for ${error}`);
    sentences.set(error, {
      code: code === NOTHING ? null : /^`(\w+)`$/.exec(code)?.[1] ?? assert.fail(`not a code: ${code}`),
      retryAfter: oneOf(['yes', 'no'], retryAfter, 'Retry-After') === 'yes',
    });
  }
  return sentences;
}

/** `status` is null where nobody is there to read one; `end` is null but for streams. */
function statusOf(text) {
  if (text === NOTHING) return { status: null, end: null };
  const [, status, end] = /^([2-5]\d\d)(?:, then (.+))?$/.exec(text) ?? assert.fail(`not a status: ${text}`);
  if (end !== undefined) {
    assert.equal(status, '200', `a stream begins with 200: ${text}`);
    oneOf(STREAM_ENDS, end, 'the end of a stream');
  }
  return { status: Number(status), end: end ?? null };
}

function expectationOf(row, sentences) {
  const { status, end } = statusOf(row.status);
  const error = row.error === NOTHING ? null : row.error;
  assert.match(row.charged, /^(0|[1-9]\d*)$/, `charged: ${row.charged}`);
  const expected = {
    status,
    end,
    error,
    ...(sentences.get(error) ?? { code: null, retryAfter: false }),
    charged: Number(row.charged),
    saved: oneOf(['yes', 'no'], row.saved, 'saved') === 'yes',
  };
  const where = `${row.fault} (${row.request})`;
  assert.ok(error === null || sentences.has(error), `${where}: no row says what code has ${error}`);
  assert.equal(error !== null, status >= REFUSED_FROM || end === 'error', `${where}: an error has a sentence`);
  assert.equal(expected.saved, expected.charged > 0, `${where}: a turn is saved if and only if it is charged`);
  assert.equal(row.holds, '0', `${where}: no hold stays open`);
  assert.ok(row['what happens'].length > 0, `${where}: says nothing of what happens`);
  return expected;
}

/** Of a section: Map of fault → Map of request → what is expected. */
function faultsOf(rows, sentences) {
  const faults = new Map();
  for (const row of rows) {
    assert.match(row.fault, /^\S.*$/, 'a fault without a name');
    if (!faults.has(row.fault)) faults.set(row.fault, new Map());
    const expected = expectationOf(row, sentences);
    for (const request of row.request.split(', ')) {
      oneOf(REQUESTS, request, `${row.fault}: a request`);
      assert.ok(!faults.get(row.fault).has(request), `${row.fault}: two rows for ${request}`);
      const streams = request.endsWith('stream');
      assert.ok(streams || expected.end === null, `${row.fault}: ${request} is no stream`);
      assert.ok(!streams || expected.status !== 200 || expected.end !== null, `${row.fault}: how does ${request} end?`);
      faults.get(row.fault).set(request, expected);
    }
  }
  return faults;
}

/** {engine, client}, each a Map of fault → Map of request → expectation. */
export function parseFaults(text) {
  const sections = rowsOf(text);
  const sentences = sentencesOf(sections.get('What errors say'));
  const engine = faultsOf(sections.get('Faults of the engine'), sentences);
  const client = faultsOf(sections.get('Faults of the client'), sentences);
  const used = new Set([...engine.values(), ...client.values()].flatMap((byRequest) =>
    [...byRequest.values()].map(({ error }) => error),
  ));
  for (const sentence of sentences.keys()) assert.ok(used.has(sentence), `no fault is told as: ${sentence}`);
  return { engine, client };
}

/** Fails where one of the two has a name that the other does not have. */
export function expectSameFaults(rows, provocations) {
  const [described, provoked] = [rows.keys(), Object.keys(provocations)].map((names) => [...names].sort());
  assert.deepEqual(described.filter((name) => !provoked.includes(name)), [], 'rows that no code provokes');
  assert.deepEqual(provoked.filter((name) => !described.includes(name)), [], 'provocations without a row');
}
