// What an account may know of itself: who it is, every entry of its ledger, newest first; and its end.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { everyByteOf } from '../harness/database.mjs';
import { eventually } from '../harness/eventually.mjs';
import { expectAnswer, expectCommonHeaders } from '../harness/expect.mjs';
import { expectSound, figure } from '../harness/figures.mjs';
import { newKey } from '../harness/keys.mjs';
import { Person } from '../harness/people.mjs';
import { parley, Server } from '../harness/server.mjs';
import { held, Upstream } from '../harness/upstream.mjs';

const NOT_PROVIDED = '{"detail":"Authentication credentials were not provided."}';
const INVALID = '{"detail":"Invalid token."}';
const MADE_UP = '1.AAAAAAAAAAAAAAAAAAAAAA';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const CANARY = 'canary-of-the-deleted-message';

const as = (token) => ({ headers: { Authorization: `Bearer ${token}` } });
const statement = (person, parameters = '') =>
  person.server.request('GET', `/api/statement/${parameters}`, as(person.token));

async function page(person, parameters) {
  const response = await statement(person, parameters);
  assert.equal(response.status, 200, response.text);
  expectCommonHeaders(response);
  const body = response.json();
  assert.deepEqual(Object.keys(body), ['entries', 'next']);
  return body;
}

/** All pages, one after the other. */
async function everyPage(person, limit, between = () => {}) {
  const pages = [];
  let cursor;
  do {
    const { entries, next } = await page(person, `?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
    pages.push(entries);
    cursor = next;
    await between();
  } while (cursor !== null);
  return pages;
}

/** Newest first, each one below the one before, and each balance what the amounts make of it. */
function expectUnbroken(entries) {
  for (const [index, entry] of entries.entries()) {
    const older = entries[index + 1];
    assert.match(entry.time, TIME);
    if (!older) continue;
    assert.equal(entry.sequence, older.sequence + 1, 'no gap and no double');
    assert.equal(entry.balance_after, older.balance_after + entry.amount);
    assert.ok(entry.time >= older.time);
  }
  assert.equal(entries.at(-1).sequence, 1);
}

async function credit(server, person, amount) {
  const { code, stderr } = await parley(['user', 'credit', person.username, String(amount), '--data', server.folder]);
  assert.equal(code, 0, stderr);
}

/** RFC 4180: lines end in CRLF; a field may be quoted. */
function readCsv(text) {
  assert.ok(text.endsWith('\r\n'));
  const lines = text.slice(0, -2).split('\r\n');
  const rows = lines.map((line) =>
    [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
    ),
  );
  const [names, ...records] = rows;
  for (const row of records) assert.equal(row.length, names.length);
  return records.map((row) => Object.fromEntries(row.map((value, index) => [names[index], value])));
}

/** An entry as its line of CSV says it. */
const asTexts = (entry) =>
  Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, value === null ? '' : String(value)]));

describe('GET /api/me/', () => {
  const server = Server.forSuite();

  it('tells who it is and what it has', async () => {
    const before = Date.now();
    const person = await Person.join(server);
    const response = await server.request('GET', '/api/me/', as(person.token));
    assert.equal(response.status, 200, response.text);
    expectCommonHeaders(response);
    const { id, created, ...rest } = response.json();
    assert.match(id, /^[1-9]\d*$/);
    assert.equal(person.token.split('.')[0], id);
    assert.match(created, TIME);
    assert.ok(Date.parse(created) >= before && Date.parse(created) <= Date.now());
    assert.deepEqual(rest, { username: person.username, balance: 4000, held: 0, daily_limit: null });
    await person.chat();
    const after = (await server.request('GET', '/api/me', as(person.token))).json();
    assert.deepEqual(after, { id, created, ...rest, balance: 3900 });
  });

  it('tells what is held while a chat is in flight', async (t) => {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    const own = await Server.startFor(t, { settings: upstream.settings() });
    const person = await Person.join(own);
    const { cue, release, arrived } = held();
    upstream.script(cue);
    const chat = person.chat();
    await arrived();
    const { balance, held: set_aside } = (await own.request('GET', '/api/me/', as(person.token))).json();
    assert.deepEqual([balance, set_aside], [3900, 100]);
    const refused = await own.request('DELETE', '/api/me/', as(person.token));
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.header('Retry-After'), /^[1-9]\d*$/);
    release();
    assert.equal((await chat).status, 200);
    assert.equal((await own.request('DELETE', '/api/me/', as(person.token))).status, 204);
    await expectSound(own, 1);
  });

  it('refuses who has no credential', async () => {
    for (const method of ['GET', 'DELETE']) {
      expectAnswer(await server.request(method, '/api/me/'), 401, NOT_PROVIDED);
      expectAnswer(await server.request(method, '/api/me/', as(MADE_UP)), 401, INVALID);
    }
    const { token } = await Person.join(server);
    assert.equal((await server.request('GET', `/api/me/?token=${token}`)).status, 401, 'a URL is no place for it');
    assert.equal((await server.request('POST', '/api/me/', as(token))).header('allow'), 'GET, HEAD, PATCH, DELETE');
  });
});

describe('DELETE /api/me/', () => {
  it('ends the account and its texts for good; its name stays taken and its ledger stays', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': 1000 } });
    const [person, other] = [await Person.join(server), await Person.join(server)];
    const { key } = await newKey(person);
    await person.chat(CANARY);
    const completion = { model: 'offline', messages: [{ role: 'user', content: CANARY }] };
    const headers = { 'Idempotency-Key': 'order-1' };
    const again = () => server.post('/v1/chat/completions', completion, { token: person.token, headers });
    assert.equal((await again()).status, 200);
    assert.equal((await again()).header('Idempotency-Replayed'), 'true');
    assert.ok(everyByteOf(server.folder).includes(CANARY));
    assert.equal((await other.chat()).status, 200);
    const { username, password } = person;

    const response = await server.request('DELETE', '/api/me/', as(person.token));
    assert.equal(`${response.status} ${response.text}`, '204 ');
    const expectGone = async () => {
      for (const token of [person.token, key]) {
        expectAnswer(await server.post('/api/chat/', { message: 'Hi' }, { token }), 401, INVALID);
        expectAnswer(await server.request('GET', '/api/me/', as(token)), 401, INVALID);
        expectAnswer(await server.request('GET', '/api/statement/', as(token)), 401, INVALID);
        expectAnswer(await server.request('DELETE', '/api/me/', as(token)), 401, INVALID);
        assert.equal((await server.request('GET', '/v1/models', as(token))).status, 401);
      }
      assert.equal((await again()).status, 401, 'no replay either');
      expectAnswer(await server.post('/api/login/', { username, password }), 401, '{"error":"Invalid credentials"}');
      for (const name of [username, username.toUpperCase()]) {
        expectAnswer(
          await server.post('/api/register/', { username: name, password }),
          400,
          '{"username":["A user with that username already exists."]}',
        );
      }
    };
    await expectGone();
    const enabled = await parley(['user', 'enable', username, '--data', server.folder]);
    assert.notEqual(enabled.code, 0, 'the operator does not bring it back');
    await expectGone();
    await server.kill();
    await server.start();
    await expectGone();
    assert.equal((await other.chat()).status, 200);
    await expectSound(server, 4);
    await server.terminate();
    await expectSound(server, 4);
    assert.ok(!everyByteOf(server.folder).includes(CANARY), 'a text of the account is still there');
  });
});

describe('DELETE /api/me/ in the middle of chats', () => {
  it('waits for none and cuts none off: what was answered is charged, and then nothing is answered', async (t) => {
    const server = await Server.startFor(t, { settings: { 'starting-balance': 1_000_000, 'account-requests': 100 } });
    const person = await Person.join(server);
    let deleted = false;
    const responses = [];
    const chatting = Array.from({ length: 3 }, async () => {
      let response;
      do {
        const begunLate = deleted;
        response = await person.chat();
        assert.ok(!begunLate || response.status === 401, 'a chat that began after the end');
        responses.push(response);
      } while (response.status === 200);
      assert.equal(response.status, 401, response.text);
    });
    await eventually('chats to go on', () => responses.length > 50);
    await eventually('a moment without a chat in flight', async () => {
      const { status, text } = await server.request('DELETE', '/api/me/', as(person.token));
      assert.ok([204, 409].includes(status), text);
      return status === 204;
    });
    deleted = true;
    await Promise.all(chatting);
    await expectSound(server, responses.filter(({ status }) => status === 200).length);
  });
});

describe('GET /api/statement/', () => {
  const server = Server.forSuite({ settings: { 'starting-balance': 100_000 } });

  it('has the opening grant, charges with turn and key, and what the operator did', async () => {
    const person = await Person.join(server);
    const turn = Number((await person.chat()).header('Parley-Turn'));
    const { key, id } = await newKey(person);
    const keyTurn = Number((await server.post('/api/chat/', { message: 'x' }, { token: key })).header('Parley-Turn'));
    await credit(server, person, 50);
    const { entries, next } = await page(person);
    assert.equal(next, null);
    expectUnbroken(entries);
    assert.deepEqual(Object.keys(entries[0]), ['sequence', 'time', 'kind', 'amount', 'balance_after', 'turn', 'key']);
    assert.deepEqual(
      entries.map((entry) => [entry.kind, entry.amount, entry.balance_after, entry.turn, entry.key]),
      [
        ['credit', 50, 99_850, null, null],
        ['charge', -100, 99_800, keyTurn, id],
        ['charge', -100, 99_900, turn, null],
        ['grant', 100_000, 100_000, null, null],
      ],
    );
  });

  it('is empty for an account that was opened with nothing', async (t) => {
    const own = await Server.startFor(t, { settings: { 'starting-balance': 0 } });
    const person = await Person.join(own);
    expectAnswer(await statement(person), 200, '{"entries":[],"next":null}');
    const csv = await statement(person, '?format=csv');
    assert.equal(csv.text, 'sequence,time,kind,amount,balance_after,turn,key\r\n');
    assert.equal(csv.header('link'), undefined);
  });

  it('comes in pages without gap or double, also at the edges', async () => {
    const person = await Person.join(server);
    for (let i = 0; i < 11; i += 1) await person.chat();
    const whole = (await page(person)).entries;
    assert.equal(whole.length, 12);
    expectUnbroken(whole);
    for (const limit of [1, 5, 6, 11, 12, 13, 1000]) {
      const pages = await everyPage(person, limit);
      assert.deepEqual(pages.flat(), whole, `pages of ${limit}`);
      assert.equal(pages.length, Math.ceil(12 / limit));
      assert.ok(pages.slice(0, -1).every(({ length }) => length === limit));
    }
  });

  it('comes in pages without gap or double while chats go on', async () => {
    const person = await Person.join(server);
    for (let i = 0; i < 24; i += 1) await person.chat();
    const before = (await page(person)).entries;
    let going = true;
    let chats = 0;
    const chatting = Array.from({ length: 4 }, async () => {
      while (going) {
        assert.equal((await person.chat()).status, 200);
        chats += 1;
      }
    });
    const pages = await everyPage(person, 5, async () => {
      const seen = chats;
      while (chats < seen + 3) await person.balance();
    });
    going = false;
    await Promise.all(chatting);
    const entries = pages.flat();
    expectUnbroken(entries);
    assert.ok(pages.length >= 5);
    assert.deepEqual(entries.slice(-25), before, 'what was there is there, unchanged');
    const after = (await everyPage(person, 7)).flat();
    expectUnbroken(after);
    assert.equal(after.length, 25 + chats);
    assert.deepEqual(after.slice(-entries.length), entries);
    assert.equal(after[0].balance_after, await person.balance());
  });

  it('has 100 entries to a page where nothing is said, and at most 1000', async () => {
    const person = await Person.join(server);
    for (let i = 0; i < 120; i += 1) await person.chat();
    const { entries, next } = await page(person);
    assert.equal(entries.length, 100);
    assert.equal(next, String(entries.at(-1).sequence));
    assert.equal((await page(person, '?limit=1000')).entries.length, 121);
  });

  it('comes as CSV, page by page by its link', async () => {
    const person = await Person.join(server);
    const { key } = await newKey(person);
    for (let i = 0; i < 3; i += 1) await person.chat();
    await server.post('/api/chat/', { message: 'x' }, { token: key });
    const { entries } = await page(person);
    const records = [];
    let target = '/api/statement/?format=csv&limit=2';
    let pages = 0;
    while (target) {
      const response = await server.request('GET', target, as(person.token));
      assert.equal(response.status, 200, response.text);
      assert.equal(response.header('content-type'), 'text/csv; charset=utf-8; header=present');
      assert.equal(response.header('content-disposition'), 'attachment; filename="statement.csv"');
      assert.equal(response.header('cache-control'), 'no-store');
      assert.ok(response.text.startsWith('sequence,time,kind,amount,balance_after,turn,key\r\n'));
      assert.doesNotMatch(response.text.replaceAll('\r\n', ''), /[\r\n]/);
      records.push(...readCsv(response.text));
      pages += 1;
      const link = response.header('link');
      if (link) assert.match(link, /^<\/api\/statement\/\?[^>]+>; rel="next"$/);
      target = link && /^<([^>]+)>/.exec(link)[1];
    }
    assert.equal(pages, 3);
    assert.deepEqual(records, entries.map(asTexts));
  });

  for (const [parameters, field, sentence] of [
    ...['x', '0', '-1', '', '1.5', '99999999999999999999', '1 '].map((value) => [
      `?cursor=${encodeURIComponent(value)}`,
      'cursor',
      'Invalid cursor',
    ]),
    ...['x', '0', '-1', '', '1001', '1.5', '99999999999999999999'].map((value) => [
      `?limit=${value}`,
      'limit',
      'Ensure this value is from 1 to 1000.',
    ]),
    ['?format=xml', 'format', 'Must be json or csv.'],
    ['?format=CSV', 'format', 'Must be json or csv.'],
    ['?format=', 'format', 'Must be json or csv.'],
    ['?cursor=%ff', 'non_field_errors', 'The query is not valid.'],
  ]) {
    it(`refuses ${parameters} with 400`, async () => {
      const person = await Person.join(server);
      expectAnswer(await statement(person, parameters), 400, JSON.stringify({ [field]: [sentence] }));
      expectAnswer(await server.request('GET', `/api/statement/${parameters}`, as(MADE_UP)), 401, INVALID);
    });
  }

  it('refuses all that is wrong at once, and who has no credential', async () => {
    const person = await Person.join(server);
    expectAnswer(
      await statement(person, '?limit=0&cursor=x&format=y'),
      400,
      '{"cursor":["Invalid cursor"],"limit":["Ensure this value is from 1 to 1000."],' +
        '"format":["Must be json or csv."]}',
    );
    expectAnswer(await server.request('GET', '/api/statement/'), 401, NOT_PROVIDED);
  });

  it('ignores what it does not know, and a cursor beyond the end is the beginning', async () => {
    const person = await Person.join(server);
    await person.chat();
    const { entries } = await page(person);
    assert.deepEqual((await page(person, '?unknown=1')).entries, entries);
    assert.deepEqual((await page(person, '?cursor=9223372036854775807')).entries, entries);
    expectAnswer(await statement(person, '?cursor=1'), 200, '{"entries":[],"next":null}');
    const bare = await server.request('GET', '/api/statement?limit=1', as(person.token));
    assert.deepEqual(bare.json().entries, [entries[0]]);
  });

  it('never shows what is of other people', async () => {
    const people = [];
    for (let i = 0; i < 4; i += 1) people.push(await Person.join(server));
    const turns = new Map(people.map((person) => [person, []]));
    await Promise.all(
      people.map(async (person, index) => {
        for (let i = 0; i <= index * 2; i += 1) {
          turns.get(person).push(Number((await person.chat()).header('Parley-Turn')));
        }
      }),
    );
    for (const person of people) {
      const entries = (await everyPage(person, 2)).flat();
      expectUnbroken(entries);
      assert.deepEqual(
        entries.filter(({ turn }) => turn !== null).map(({ turn }) => turn),
        turns.get(person).reverse(),
      );
      assert.equal(entries[0].balance_after, await person.balance());
      for (let cursor = 1; cursor < 20; cursor += 1) {
        const { entries: before } = await page(person, `?cursor=${cursor}`);
        assert.deepEqual(
          before,
          entries.filter(({ sequence }) => sequence < cursor),
        );
      }
    }
  });

  it('is the same after kill -9', async (t) => {
    const own = await Server.startFor(t);
    const person = await Person.join(own);
    for (let i = 0; i < 5; i += 1) await person.chat();
    const { text } = await statement(person);
    await own.kill();
    await own.start();
    assert.equal((await statement(person)).text, text);
    await expectSound(own, 5);
  });

  it('has as many entries as verify counts', async (t) => {
    const own = await Server.startFor(t);
    const people = [await Person.join(own), await Person.join(own)];
    for (const person of people) await person.chat();
    const { stdout } = await own.verify();
    const counted = await Promise.all(people.map(async (person) => (await page(person)).entries.length));
    assert.equal(figure(stdout, 'entries'), counted[0] + counted[1], stdout);
  });
});
