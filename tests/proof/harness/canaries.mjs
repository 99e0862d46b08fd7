// Canaries: texts that are nowhere else, put where secrets are, and the search for them in what came out of a server.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { watchBalance } from '../../e2e/harness/balance_stream.mjs';
import { OPERATIONS } from '../../e2e/harness/contract.mjs';
import { wholeAnswer } from './whole_answer.mjs';

/** `canary-<name>-<random>`: fits a password, a code, a key, a header and a username. */
export const canary = (name) => `canary-${name}-${randomBytes(6).toString('hex')}`;

/** In how many ways bytes may be written down: as they are, in base64, in hexadecimal, percent-encoded. */
function spellingsOf(text) {
  const bytes = Buffer.from(text);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const everyByte = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [text, base64, bytes.toString('base64url'), bytes.toString('hex'), encodeURIComponent(text), everyByte];
}

/** Fails where the text has one of these: {name: canary}. */
export function expectNone(canaries, text, place) {
  const lower = text.toLowerCase();
  for (const [name, value] of Object.entries(canaries)) {
    for (const spelling of spellingsOf(value)) {
      const at = Math.max(text.indexOf(spelling), lower.indexOf(spelling.toLowerCase()));
      const around = text.slice(Math.max(0, at - 100), at + spelling.length + 50);
      assert.ok(at < 0, `${place} has the ${name} (${spelling}): …${around}…`);
    }
  }
}

const OPERATION_PATTERNS = OPERATIONS.map(({ name }) => {
  const [method, path] = name.split(' ');
  const pattern = path.replace(/\/$/, '').replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+');
  return { name, method, braces: path.includes('{'), pattern: new RegExp(`^${pattern}/?$`) };
}).sort((one, other) => one.braces - other.braces);

/** "GET /api/me/" of the document for a request; undefined where there is none. */
export function operationOf(method, target) {
  const path = target.split('?')[0];
  return OPERATION_PATTERNS.find((one) => one.method === method && one.pattern.test(path))?.name;
}

/** Asks a server, keeps every answer, and knows which ones may have which of the canaries. */
export class Asker {
  answers = [];

  constructor(server) {
    this.server = server;
  }

  /** `gives`: the names of the canaries that come back in a good answer, which are the asker's own. */
  async ask(method, target, { headers = {}, token, json, body, gives = [] } = {}) {
    const all = { ...headers };
    if (json !== undefined || body !== undefined) all['Content-Type'] ??= 'application/json';
    if (token !== undefined) all.Authorization = `Bearer ${token}`;
    const asked = { headers: all, body: json === undefined ? body : JSON.stringify(json) };
    const response = await wholeAnswer(this.server, method, target, asked);
    this.answers.push({ method, target, operation: operationOf(method, target), gives, response });
    return response;
  }

  /** The same, with the status that it must have. */
  async expect(status, method, target, options) {
    const response = await this.ask(method, target, options);
    assert.equal(response.status, status, `${method} ${target}: ${response.text}`);
    return response;
  }

  /** Opens the live balance; what it answers with reads it to its end. */
  async watch(token) {
    const stream = await watchBalance(this.server, token);
    return async () => {
      const text = JSON.stringify(await stream.rest());
      const [method, target] = ['GET', '/api/balance/stream'];
      const response = { status: 200, headerText: stream.response.head, text };
      this.answers.push({ method, target, operation: operationOf(method, target), gives: [], response });
    };
  }

  /** No answer has a canary, but a good one what it gives, and a refusal what is the `echoed` part of the request. */
  expectNoneInAnswers(canaries, echoed) {
    for (const { method, target, gives, response } of this.answers) {
      const isError = response.status >= 400 || /^event: error/m.test(response.text);
      const may = isError ? echoed : gives;
      const hidden = Object.entries(canaries).filter(([name]) => !may.includes(name));
      const place = `the answer ${response.status} to ${method} ${target}`;
      expectNone(Object.fromEntries(hidden), `${response.headerText}\n${response.text}`, place);
    }
  }
}
