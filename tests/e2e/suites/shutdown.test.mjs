// SIGTERM: what has begun is finished within its time, nothing is charged that was not answered, and the exit is 0.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { eventually } from '../harness/eventually.mjs';
import { expectSound } from '../harness/figures.mjs';
import { Person } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { held, Upstream } from '../harness/upstream.mjs';

const CLEAN = { code: 0, signal: null };

describe('a server that is asked to end', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`by ${signal} ends at once where nothing is going on, idle connections or not`, async (t) => {
      const server = await Server.startFor(t);
      const idle = await server.connect();
      await idle.request('GET', '/healthz');
      const begun = Date.now();
      assert.deepEqual(await server.terminate(signal), CLEAN);
      assert.ok(Date.now() - begun < 5_000);
      await idle.closed();
      assert.ok(!existsSync(path.join(server.folder, 'admin.sock')));
    });
  }

  it('finishes a slow chat first, and takes nobody new meanwhile', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(server);
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const chat = person.chat();
    await arrived();
    server.signal('SIGTERM');
    await eventually('new clients being refused', () =>
      server.connect().then(
        (open) => open.destroy(),
        () => 'refused',
      ),
    );
    release();
    const response = await chat;
    assert.equal(response.status, 200, response.text);
    assert.equal(response.header('Parley-Balance'), '3900');
    assert.deepEqual(await server.terminate(), CLEAN);
    await expectSound(server, 1);
    await server.start();
    assert.equal(await person.balance(), 3900);
  });

  it('gives up on a chat that takes too long, and charges nothing for it', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const server = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(server);
    const { cue, arrived } = held();
    upstream.script(cue);
    const chat = person.chat().then(
      ({ status }) => status,
      () => 'cut off',
    );
    await arrived();
    assert.deepEqual(await server.terminate(), CLEAN);
    assert.notEqual(await chat, 200);
    await expectSound(server, 0);
    await server.start();
    assert.equal(await person.balance(), 4000);
  });
});
