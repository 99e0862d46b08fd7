// `parley user`: the operator's commands, the same beside a running server and without one.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expectAnswer } from '../harness/expect.mjs';
import { expectSound } from '../harness/figures.mjs';
import { newName, Person } from '../harness/people.mjs';
import { parley, Server } from '../harness/server.mjs';

const PASSWORD = 'operator made this';
const INVALID = '{"error":"Invalid credentials"}';

for (const running of [true, false]) {
  describe(`parley user, ${running ? 'beside a running server' : 'without a server'}`, () => {
    const server = Server.forSuite();

    /** Runs `parley user …` while the server runs or not, as this suite has it. */
    async function user(args, input = '') {
      if (!running) await server.terminate();
      const ended = await parley(['user', ...args, '--data', server.folder], {
        input,
        environment: { PARLEY_PASSWORD_MEMORY_KIB: '8' },
      });
      if (!running) await server.start();
      return ended;
    }

    async function succeeds(args, input) {
      const { code, stdout, stderr } = await user(args, input);
      assert.equal(code, 0, stderr);
      return stdout;
    }

    const login = (username, password) => server.post('/api/login/', { username, password });

    it('create opens an account with a password from standard input', async () => {
      const name = newName();
      await succeeds(['create', name, '--password-stdin'], `${PASSWORD}\n`);
      const person = new Person(server, name, PASSWORD);
      await person.login();
      assert.equal(await person.balance(), 4000);
    });

    it('create makes a password where none is given, and prints it', async () => {
      const name = newName();
      const printed = await succeeds(['create', name, '--balance', '250']);
      const person = new Person(server, name, /^password: (\S+)$/m.exec(printed)[1]);
      await person.login();
      assert.equal(await person.balance(), 250);
    });

    it('create refuses a name that is taken', async () => {
      const person = await Person.join(server);
      const { code, stderr } = await user(['create', person.username]);
      assert.notEqual(code, 0);
      assert.match(stderr, /already exists/);
    });

    it('credit adds tokens, and takes them away', async () => {
      const person = await Person.join(server);
      await succeeds(['credit', person.username, '500']);
      assert.equal(await person.balance(), 4500);
      await succeeds(['credit', person.username, '-1500']);
      assert.equal(await person.balance(), 3000);
    });

    it('credit refuses to take more than there is, and what is no number', async () => {
      const person = await Person.join(server);
      for (const tokens of ['-4001', '0', '1.5', 'many', '99999999999999999999']) {
        const { code, stderr } = await user(['credit', person.username, tokens]);
        assert.notEqual(code, 0, `credit ${tokens}`);
        assert.notEqual(stderr, '');
      }
      assert.equal(await person.balance(), 4000);
    });

    it('disable ends the token and refuses logins, until enable', async () => {
      const person = await Person.join(server);
      await succeeds(['disable', person.username]);
      expectAnswer(await person.chat(), 401, '{"detail":"Invalid token."}');
      expectAnswer(await login(person.username, person.password), 401, INVALID);
      await succeeds(['enable', person.username]);
      await person.login();
      assert.equal(await person.balance(), 4000);
    });

    it('reset-password ends the token and the old password', async () => {
      const person = await Person.join(server);
      await succeeds(['reset-password', person.username, '--password-stdin'], `${PASSWORD}\n`);
      assert.equal((await person.chat()).status, 401);
      expectAnswer(await login(person.username, person.password), 401, INVALID);
      assert.equal((await login(person.username, PASSWORD)).status, 200);
    });

    it('list shows every account with its balance', async () => {
      const person = await Person.join(server);
      await person.chat();
      const line = (await succeeds(['list'])).split('\n').find((each) => each.startsWith(person.username));
      assert.match(line, /\b3900\b/);
      assert.match(line, /\benabled\b/);
    });

    it('names whom it does not know', async () => {
      for (const command of [
        ['credit', 'nobody', '5'],
        ['disable', 'nobody'],
        ['enable', 'nobody'],
        ['reset-password', 'nobody'],
      ]) {
        const { code, stderr } = await user(command);
        assert.notEqual(code, 0);
        assert.match(stderr, /nobody|no such|not found|no account/i);
      }
    });

    it('leaves the ledger sound', async () => {
      await expectSound(server);
    });
  });
}

describe('parley user list', () => {
  it('shows more accounts than fit on one page', async (t) => {
    const server = await Server.startFor(t);
    const names = Array.from({ length: 250 }, () => newName('many'));
    for (const name of names) await new Person(server, name).register();
    const { stdout } = await parley(['user', 'list', '--data', server.folder]);
    const listed = new Set(stdout.split('\n').map((line) => line.split(' ')[0]));
    for (const name of names) assert.ok(listed.has(name), name);
  });
});
