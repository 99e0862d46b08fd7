// A model server that behaves on cue: an OpenAI-compatible upstream for tests of what happens when it fails.
//
// A request takes the cue of its question, else the next one of the script; where that has ended, `otherwise` decides.

import http from 'node:http';

import { eventually } from './eventually.mjs';

const OVERSIZE_BYTES = 8 * 1024 * 1024;

export function completion(text) {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'scripted',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  });
}

function json(response, status, body, headers = {}) {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const failure = (message) => JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } });

/** What each cue does with a request. */
export const CUES = {
  ok: (request, response) => json(response, 200, completion(`Answer to ${request.question}`)),
  error500: (request, response) => json(response, 500, failure('UPSTREAM-SECRET-DETAIL')),
  html500: (request, response) => {
    response.writeHead(500, { 'Content-Type': 'text/html' });
    response.end('<html>UPSTREAM-SECRET-DETAIL</html>');
  },
  unauthorized: (request, response) => json(response, 401, failure('UPSTREAM-SECRET-DETAIL: bad key')),
  busy429: (request, response) => json(response, 429, failure('UPSTREAM-SECRET-DETAIL'), { 'Retry-After': '7' }),
  unavailable503: (request, response) => json(response, 503, failure('UPSTREAM-SECRET-DETAIL')),
  gateway502: (request, response) => json(response, 502, failure('UPSTREAM-SECRET-DETAIL')),
  hang: () => {},
  garbage: (request, response) => json(response, 200, '{"choices": [UPSTREAM-SECRET-DETAIL'),
  noChoices: (request, response) => json(response, 200, '{"choices":[]}'),
  emptyText: (request, response) => json(response, 200, completion('')),
  oversize: (request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write('{"choices":[{"message":{"role":"assistant","content":"');
    response.end('x'.repeat(OVERSIZE_BYTES) + '"}}]}');
  },
  cut: (request, response) => {
    const body = completion('half of an answer that never comes to its end');
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.write(body.slice(0, 90), () => response.destroy());
  },
  reset: (request, response) => response.socket.destroy(),
  redirect: (request, response) => {
    response.writeHead(302, { Location: 'http://127.0.0.1:9/elsewhere' });
    response.end();
  },
};

/** A cue that answers well when `release()` is called; `arrived()` waits until it has been asked. */
export function held() {
  let release;
  let asked = false;
  const released = new Promise((resolve) => (release = resolve));
  const cue = (request, response) => {
    asked = true;
    released.then(() => CUES.ok(request, response));
  };
  return { cue, release, arrived: () => eventually('the engine being asked', () => asked) };
}

export class Upstream {
  #server;
  #script = [];
  #cues = new Map();
  otherwise = CUES.ok;
  requests = [];

  static async start() {
    const upstream = new Upstream();
    await new Promise((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    upstream.url = `http://127.0.0.1:${upstream.#server.address().port}/v1`;
    return upstream;
  }

  constructor() {
    this.#server = http.createServer((request, response) => {
      response.on('error', () => {});
      this.#receive(request, response).catch(() => response.destroy());
    });
  }

  async #receive(request, response) {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const asked = { method: request.method, path: request.url, headers: request.headers, body };
    asked.question = JSON.parse(body).messages.at(-1).content;
    this.requests.push(asked);
    const cue = this.#cues.get(asked.question) ?? this.#script.shift() ?? this.otherwise;
    cue(asked, response);
  }

  /** The cues of the next requests, in order. */
  script(...cues) {
    this.#script.push(...cues);
  }

  /** The cue of every request with this question, for tests with many requests at once. */
  on(question, cue) {
    this.#cues.set(question, cue);
  }

  /** The flags that make a server use this upstream. */
  settings(apiKey = 'sk-test-upstream') {
    return { engine: 'openai', 'openai-base-url': this.url, 'openai-api-key': apiKey, 'openai-model': 'scripted' };
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
