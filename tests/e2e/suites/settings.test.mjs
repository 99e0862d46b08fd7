// Settings by flag, environment, file and secret file: which wins, and what a wrong one is told.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { Person } from '../harness/people.mjs';
import { parley, Server } from '../harness/server.mjs';
import { withFile } from '../harness/settings_file.mjs';
import { Upstream } from '../harness/upstream.mjs';

async function openingBalance(t, server) {
  t.after(() => server.finish());
  await server.start();
  return (await Person.join(server)).balance();
}

describe('a setting', () => {
  const FILE = 'starting-balance = 11\n';
  const environment = { PARLEY_STARTING_BALANCE: '22' };
  const settings = { 'starting-balance': 33 };

  it('has its default where nobody sets it', async (t) => {
    assert.equal(await openingBalance(t, new Server()), 4000);
  });
  it('comes from the file', async (t) => {
    assert.equal(await openingBalance(t, withFile({}, FILE)), 11);
  });
  it('comes from the environment before the file', async (t) => {
    assert.equal(await openingBalance(t, withFile({ environment }, FILE)), 22);
  });
  it('comes from the flag before all', async (t) => {
    assert.equal(await openingBalance(t, withFile({ environment, settings }, FILE)), 33);
  });
  it('file may be named in the environment', async (t) => {
    const server = withFile({}, FILE);
    server.environment = { PARLEY_CONFIG: server.args[1] };
    server.args = [];
    assert.equal(await openingBalance(t, server), 11);
  });
});

describe('a secret', () => {
  it('may stand in a file that the environment names', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = new Server({ settings: { ...upstream.settings(), 'openai-api-key': undefined } });
    t.after(() => server.finish());
    const file = path.join(server.folder, 'key');
    writeFileSync(file, 'sk-from-a-file\n');
    server.environment = { PARLEY_OPENAI_API_KEY_FILE: file };
    await server.start();
    assert.equal((await (await Person.join(server)).chat()).status, 200);
    assert.equal(upstream.requests[0].headers.authorization, 'Bearer sk-from-a-file');
  });

  it('may not stand in two places of the environment', async () => {
    const environment = { PARLEY_OPENAI_API_KEY: 'sk-canary', PARLEY_OPENAI_API_KEY_FILE: '/dev/null' };
    const { code, stderr } = await parley(['serve', '--data', '/nonexistent'], { environment });
    assert.equal(code, 2);
    assert.match(stderr, /PARLEY_OPENAI_API_KEY and PARLEY_OPENAI_API_KEY_FILE/);
    assert.doesNotMatch(stderr, /sk-canary/);
  });
});

describe('the engine auto', () => {
  it('is openai where its usual variables are set', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, {
      settings: { engine: undefined },
      environment: { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-usual' },
    });
    assert.match(server.stdout, /^ *engine +openai/m);
    assert.equal((await (await Person.join(server)).chat('Hi')).json().response, 'Answer to Hi');
    assert.equal(upstream.requests[0].headers.authorization, 'Bearer sk-usual');
  });

  it('is offline where nothing is set, and says how to connect a model', async (t) => {
    const server = await Server.startFor(t, { settings: { engine: undefined } });
    assert.match(server.stdout, /^ *engine +offline.*OPENAI_API_KEY/m);
  });
});

describe('a wrong setting', () => {
  const refused = (what, options, ...sentences) =>
    it(`is named, and what would be right: ${what}`, async (t) => {
      const server = options.file === undefined ? new Server() : withFile({}, options.file);
      t.after(() => server.finish());
      const args = ['serve', '--data', server.folder, ...server.args, ...(options.args ?? [])];
      const { code, stderr } = await parley(args, { environment: options.environment });
      assert.equal(code, 2, stderr);
      for (const sentence of sentences) assert.match(stderr, sentence);
    });

  refused('a flag that is no number', { args: ['--chat-price', 'ten'] }, /chat-price/, /flag/, /whole number/, /"ten"/);
  refused('a number below what is allowed', { args: ['--account-requests', '0'] }, /account-requests/, /from 1 to/);
  refused('a negative number', { args: ['--starting-balance=-1'] }, /starting-balance/, /from 0 to/);
  refused('a balance beyond what is exact', { args: ['--starting-balance', '9007199254740992'] }, /9007199254740991/);
  refused('an address without a port', { args: ['--listen', 'localhost'] }, /listen/, /ADDRESS:PORT/);
  refused('an engine that there is not', { args: ['--engine', 'magic'] }, /engine/, /offline/, /"magic"/);
  refused('a variable', { environment: { PARLEY_CHAT_PRICE: 'x' } }, /chat-price/, /environment PARLEY_CHAT_PRICE/);
  refused('a value in the file', { file: '\nchat-price = "x"\n' }, /chat-price/, /parley\.toml/, /line 2/);
  refused('a key in the file', { file: 'chat_price = 5\n' }, /chat_price/, /parley\.toml/, /line 1/);
  refused('a file that is no TOML', { file: 'a = 1\n= =\n' }, /parley\.toml/, /line 2/);
  refused('a file that is not there', { args: ['--config', '/nonexistent.toml'] }, /\/nonexistent\.toml/);
  refused('an engine without its key', { args: ['--engine', 'openai'] }, /openai-api-key/);
  refused('an invitation without a code', { args: ['--registration', 'invitation'] }, /invitation-code/);
  refused('a flag that there is not', { args: ['--magic', '1'] }, /--magic/);
});

describe('help', () => {
  it('names every command, and the version', async () => {
    const { code, stdout } = await parley(['--help']);
    assert.equal(code, 0);
    for (const command of ['serve', 'verify', 'user']) assert.match(stdout, new RegExp(`\\b${command}\\b`));
    assert.match((await parley(['--version'])).stdout, /^parley \d+\.\d+\.\d+\n$/);
  });

  it('of serve names every setting with its unit and default', async () => {
    const { code, stdout } = await parley(['serve', '--help']);
    assert.equal(code, 0);
    for (const line of [
      /--listen ADDRESS:PORT.*127\.0\.0\.1:8000/s,
      /--starting-balance TOKENS.*4000/s,
      /--account-requests COUNT.*16/s,
    ]) {
      assert.match(stdout, line);
    }
  });

  it('of user and its commands is there', async () => {
    for (const args of [['user'], ['user', 'create'], ['user', 'credit'], ['verify']]) {
      const { code, stdout } = await parley([...args, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, /--help/);
    }
  });

  it('follows a command that is wrong, with exit 2', async () => {
    for (const args of [[], ['nonsense'], ['user'], ['user', 'credit', 'someone']]) {
      const { code, stdout, stderr } = await parley(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stdout + stderr, /--help/);
    }
  });
});
