// `parley bench --prove`: its figures show that it raced, and that everything held; it ends early, keeps its folder and
// refuses another's where it is told to.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { start } from '../../e2e/harness/children.mjs';
import { assertNoCrash, BINARY, cleanEnvironment, parley, Server, temporaryFolder } from '../../e2e/harness/server.mjs';

const LONG = process.env.PARLEY_PROOF === 'long';
const SECONDS = Number(process.env.PARLEY_PROOF_PROVE_SECONDS ?? (LONG ? 60 : 3));

const HAPPENED = [
  'chats answered',
  'streams done',
  'streams cancelled',
  'plain chats cancelled',
  'replays',
  'duplicates in flight',
  'refused for want of tokens',
  'engine failures seen',
  'engine kills',
  'chats per second',
  'CPU us per chat',
];
const MUST_BE_NONE = [
  'overdrafts',
  'double charges',
  'lost charges',
  'charged though refused',
  'accounts out of balance',
  'open holds',
  'unexpected answers',
];

/** The table's figures, by name. */
function figuresOf(stdout) {
  const rows = stdout.matchAll(/^ {2}(\S[^\n]*?) {2,}([\d.]+)(?: {2}[^\n]*| s)?$/gm);
  return new Map([...rows].map(([, name, value]) => [name, Number(value)]));
}

function expectHeld({ code, stdout, stderr }) {
  assert.equal(code, 0, stdout + stderr);
  const figures = figuresOf(stdout);
  for (const name of MUST_BE_NONE) assert.equal(figures.get(name), 0, `${name}\n${stdout}`);
  assert.match(stdout, /^ {2}verify +sound /m);
  assert.doesNotMatch(stdout, /^wrong:/m);
  return figures;
}

/** The proof under way; its folder for temporary files is its own. */
function startProof(flags, folder) {
  return start(BINARY, ['bench', '--prove', ...flags], { env: cleanEnvironment({ TMPDIR: folder }) });
}

async function endOf(child) {
  const { code } = await child.ended;
  assertNoCrash(child.stderrText);
  return { code, stdout: child.stdoutText, stderr: child.stderrText };
}

describe('parley bench --prove', () => {
  it('races clients over few accounts, and every invariant holds', async () => {
    const folder = temporaryFolder();
    const ended = await endOf(startProof(['--seconds', String(SECONDS)], folder));
    const figures = expectHeld(ended);
    for (const name of HAPPENED) assert.ok(figures.get(name) > 0, `there were no ${name}\n${ended.stdout}`);
    assert.equal(figures.get('clients'), 64);
    assert.equal(figures.get('accounts'), 4);
    assert.ok(figures.get('duration') >= SECONDS, ended.stdout);
    // One line a second where standard error is no terminal, and nothing else.
    const lines = ended.stderr.split('\n').filter(Boolean);
    assert.ok(lines.length <= SECONDS + 1, ended.stderr);
    for (const line of lines) assert.match(line, /^\d+ of \d+ s, \d+ chats\/s, \d+ engine kills$/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('keeps the folder that it is given, which verifies, and refuses one that has a database', async () => {
    const folder = path.join(temporaryFolder(), 'new');
    const command = ['bench', '--prove', '--clients', '8', '--accounts', '2', '--seconds', '1', '--data', folder];
    const figures = expectHeld(await parley(command));
    assert.equal(figures.get('accounts'), 2);
    const { code, stdout } = await parley(['verify', '--data', folder]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ {2}accounts +2$/m);

    const refused = await parley(command);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^parley: There is a database in .*: name a new folder\.\n$/);
    assert.equal(refused.stdout, '');
  });

  it('reports what there was when it is interrupted', async () => {
    const folder = temporaryFolder();
    const child = startProof(['--seconds', '600'], folder);
    await once(child.stderr, 'data'); // the first line of its progress: it races
    assert.equal(readdirSync(folder).length, 1);
    child.kill('SIGINT');
    const figures = expectHeld(await endOf(child));
    assert.ok(figures.get('duration') < 600);
    assert.ok(figures.get('chats answered') > 0);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('refuses the folder of a server', async (t) => {
    const server = await Server.startFor(t);
    const { code, stderr } = await parley(['bench', '--prove', '--data', server.folder]);
    assert.equal(code, 1);
    assert.match(stderr, /name a new folder/);
    assert.ok(existsSync(path.join(server.folder, 'admin.sock')));
  });
});

describe('parley bench', () => {
  it('alone says in a sentence what there is', async () => {
    const { code, stdout, stderr } = await parley(['bench']);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^parley: [^\n]*--prove[^\n]*\.\n$/);
  });

  it('refuses numbers that mean nothing', async () => {
    for (const flags of ['--clients 0', '--accounts -1', '--seconds long', '--seconds 601']) {
      assert.equal((await parley(['bench', '--prove', ...flags.split(' ')])).code, 2, flags);
    }
  });
});
