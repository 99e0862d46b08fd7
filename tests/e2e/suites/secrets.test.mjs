// Secrets stay secret: not in the log at its most talkative, not in an answer, not in the data folder.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { everyByteOf } from '../harness/database.mjs';
import { Person, newName } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { CUES, Upstream } from '../harness/upstream.mjs';

const API_KEY = 'sk-canary-of-the-upstream';
const INVITATION = 'canary-of-the-invitation';
const PASSWORD = 'canary-of-the-password';
const MESSAGE = 'canary-of-the-message';

describe('secrets', () => {
  it('are in no log line, no error and no file, whatever goes wrong', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, {
      settings: {
        ...upstream.settings(API_KEY),
        'log-level': 'debug',
        registration: 'invitation',
        'invitation-code': INVITATION,
        'engine-first-byte-seconds': 1,
        'engine-whole-seconds': 2,
      },
    });
    const person = new Person(server, newName(), PASSWORD);
    const fields = { username: person.username, password: PASSWORD, invitation: INVITATION };
    assert.equal((await server.post('/api/register/', fields)).status, 201);
    const tokens = [await person.login(), await person.login()];
    upstream.script(CUES.ok, CUES.garbage, CUES.unauthorized, CUES.cut);
    const responses = [
      await person.chat(MESSAGE),
      await person.chat(MESSAGE),
      await person.chat(MESSAGE),
      await person.chat(MESSAGE),
      await server.post('/api/chat/', { token: tokens[0], message: MESSAGE }),
      await server.post('/api/login/', { username: person.username, password: `${PASSWORD}x` }),
      await server.post('/api/login/', `{"password":"${PASSWORD}`),
      await server.post(`/api/balance/?token=${tokens[1]}`, {}),
      await server.post('/api/logout/', {}, { token: tokens[1] }),
    ];
    await server.terminate();

    const secrets = [API_KEY, INVITATION, PASSWORD, ...tokens, ...tokens.map((token) => token.split('.').at(-1))];
    const data = everyByteOf(server.folder);
    for (const secret of secrets) {
      assert.ok(!server.log.includes(secret), `the log has ${secret}`);
      assert.ok(!data.includes(secret), `the data folder has ${secret}`);
      for (const { head, text } of responses) assert.ok(!(head + text).includes(secret), `an answer has ${secret}`);
    }
    assert.ok(!server.log.includes(MESSAGE), 'the log has what was said');
    assert.match(server.log, /"?openai-api-key"?.*\*\*\*/, 'the setting is shown, masked');
    assert.ok(server.log.includes('/api/login/'), 'the log is at debug');
  });
});
