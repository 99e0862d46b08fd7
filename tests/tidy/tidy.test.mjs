// The house rules that a program can check: ARCHITECTURE.md's table can't lie, each library stays in its folder, and
// the text stays in shape.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path) => readFileSync(root + path, 'utf8');
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(Boolean);
const sources = files.filter((path) => /^src\/.*\.(h|cpp)$/.test(path));
const isTest = (path) => /_test\.cpp$|test_|conformance|memory_store|scripted|manual_clock/.test(path);
const folderOf = (path) => path.split('/')[1];
const includesOf = (path) =>
  read(path)
    .split('\n')
    .map((line, index) => ({ match: /^#include ["<]([^">]+)[">]/.exec(line), line: index + 1 }))
    .filter(({ match }) => match)
    .map(({ match, line }) => ({ target: match[1], line }));

/** The rows of ARCHITECTURE.md's table of the house: folder → folders it may include. */
function edges() {
  const rows = new Map();
  for (const [, folder, , uses] of read('ARCHITECTURE.md').matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|$/gm)) {
    rows.set(
      folder,
      new Set(
        uses
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word && word !== '—'),
      ),
    );
  }
  return rows;
}

test('ARCHITECTURE.md names every folder of src, and no other', () => {
  const folders = new Set(sources.map(folderOf));
  assert.deepEqual([...edges().keys()].sort(), [...folders].sort());
});

test('every include edge is one that ARCHITECTURE.md allows', () => {
  const allowed = edges();
  const wrong = [];
  for (const path of sources.filter((source) => !isTest(source))) {
    const folder = folderOf(path);
    for (const { target, line } of includesOf(path)) {
      const other = target.split('/')[0];
      if (!allowed.has(other) || other === folder || !target.includes('/')) continue;
      if (!allowed.get(folder).has(other)) wrong.push(`${path}:${line} includes ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('no folder reaches itself through the folders that it includes', () => {
  const allowed = edges();
  const reach = (folder, seen = new Set()) => {
    for (const next of allowed.get(folder)) {
      if (!seen.has(next)) reach(next, seen.add(next));
    }
    return seen;
  };
  for (const folder of allowed.keys()) assert.ok(!reach(folder).has(folder), `${folder} includes itself`);
});

const homes = [
  [/^boost\/beast/, ['http']],
  [/^boost\/json/, ['json', 'engines', 'api', 'prove', 'app']],
  [/^boost\/url/, ['http', 'engines']],
  [/^sqlite3\.h/, ['store']],
  [/^sodium/, ['crypto']],
  [/^curl\//, ['upstream']],
  [/^utf8proc/, ['text', 'accounts']],
  [/^spdlog/, ['base']],
  [/^(CLI|toml\+\+)\//, ['app']],
];

test('each library is included only where ARCHITECTURE.md says', () => {
  const wrong = [];
  for (const path of sources.filter((source) => !isTest(source))) {
    for (const { target, line } of includesOf(path)) {
      const home = homes.find(([pattern]) => pattern.test(target));
      if (home && !home[1].includes(folderOf(path))) wrong.push(`${path}:${line} includes <${target}>`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every header begins with #pragma once and says what it is for', () => {
  const wrong = sources.filter((path) => path.endsWith('.h') && !/^#pragma once\n\/\/ \S/.test(read(path)));
  assert.deepEqual(wrong, []);
});

test('no line is wider than 120 columns, ends in white space or holds a tab', () => {
  const wrong = [];
  for (const path of files.filter((file) => /\.(h|cpp|mjs|lua|c|txt|cmake)$/.test(file))) {
    read(path)
      .split('\n')
      .forEach((line, index) => {
        if ([...line].length > 120 || /[ \t]$/.test(line) || line.includes('\t')) wrong.push(`${path}:${index + 1}`);
      });
  }
  assert.deepEqual(wrong, []);
});

test('nothing is left to be fixed later, and no file has everything', () => {
  const wrong = [];
  for (const path of sources) {
    const text = read(path);
    if (/\b(FIXME|TODO|XXX|HACK)\b/.test(text)) wrong.push(`${path}: a note to fix something`);
    const isData = path.endsWith('common_passwords.cpp');
    if (text.split('\n').length > 450 && !isData) wrong.push(`${path}: more than 450 lines`);
  }
  assert.deepEqual(wrong, []);
});

test('no folder or file is a drawer for everything', () => {
  const wrong = files.filter((path) => /(^|\/)(utils?|common|misc|helpers?|managers?)(\.|\/)/i.test(path));
  assert.deepEqual(wrong, []);
});
