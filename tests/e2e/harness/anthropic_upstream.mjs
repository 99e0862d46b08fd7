// A model server with Anthropic's Messages API that behaves on cue: whole replies, streams event by event, failures.
//
// A request takes the cue of its question (the last text that it has), else the next one of the script; where that has
// ended, `otherwise` decides.

import http from 'node:http';

const SECRET = 'UPSTREAM-SECRET-DETAIL';

const usage = { input_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 5 };

/** A whole reply with these content blocks. */
export const message = (content, stop_reason = 'end_turn') => ({
  id: 'msg_01',
  type: 'message',
  role: 'assistant',
  model: 'claude-scripted',
  content,
  stop_reason,
  stop_sequence: null,
  usage,
});

export const text = (said) => ({ type: 'text', text: said });
export const call = (id, name, input) => ({ type: 'tool_use', id, name, input });

/** The error that the API would send, as a body or as an event. */
export const errorOf = (type) => ({ type: 'error', error: { type, message: SECRET } });

const piecesOf = (whole) => whole.match(/.{1,4}/gsu) ?? [];

/** The events of one block, its content in pieces. */
function blockEvents(block, index) {
  const isText = block.type === 'text';
  const content_block = isText ? { type: 'text', text: '' } : { ...block, input: {} };
  const whole = isText ? block.text : JSON.stringify(block.input);
  const deltas = piecesOf(whole).map((piece) => ({
    type: 'content_block_delta',
    index,
    delta: isText ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece },
  }));
  return [{ type: 'content_block_start', index, content_block }, ...deltas, { type: 'content_block_stop', index }];
}

/** All events of a reply with these blocks, pings and a thought among them. */
export function eventsOf(content, stop_reason = 'end_turn') {
  const thought = [
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'A SECRET THOUGHT' } },
    { type: 'content_block_stop', index: 0 },
  ];
  return [
    { type: 'message_start', message: { ...message([], null), usage: { ...usage, output_tokens: 1 } } },
    { type: 'ping' },
    ...thought,
    ...content.flatMap((block, at) => blockEvents(block, at + 1)),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ];
}

export const encodeEvent = (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** A cue that answers with this body. */
export function answered(body, status = 200, headers = {}) {
  const encoded = typeof body === 'string' ? body : JSON.stringify(body);
  return (asked, response) => {
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(encoded),
      ...headers,
    });
    response.end(encoded);
  };
}

/** A cue that streams these events and ends the body well. */
export function streamed(events) {
  return (asked, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.end(events.map(encodeEvent).join(''));
  };
}

/** A cue that streams these events and breaks the connection. */
export function broken(events) {
  return (asked, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(`: begun\n\n${events.map(encodeEvent).join('')}`, () => response.destroy());
  };
}

/** A cue that answers with these blocks, whole or as a stream, as it is asked. */
export function replied(content, stop_reason) {
  return (asked, response) => {
    const cue = asked.json.stream ? streamed(eventsOf(content, stop_reason)) : answered(message(content, stop_reason));
    cue(asked, response);
  };
}

const failure = (status, type, headers) => answered(errorOf(type), status, headers);

/** What each cue does with a request. */
export const CUES = {
  ok: (asked, response) => replied([text(`Answer to ${asked.question}`)])(asked, response),
  invalid400: failure(400, 'invalid_request_error'),
  unauthorized401: failure(401, 'authentication_error'),
  forbidden403: failure(403, 'permission_error'),
  unknown404: failure(404, 'not_found_error'),
  tooLarge413: failure(413, 'request_too_large'),
  busy429: failure(429, 'rate_limit_error', { 'Retry-After': '7' }),
  error500: failure(500, 'api_error'),
  overloaded529: failure(529, 'overloaded_error'),
  garbage: answered(`{"content": [${SECRET}`),
  noContent: answered(errorOf('api_error')),
  emptyText: replied([]),
  cut: (asked, response) => {
    const body = JSON.stringify(message([text('half of an answer that never comes to its end')]));
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    response.write(body.slice(0, 150), () => response.destroy());
  },
  reset: (asked, response) => response.socket.destroy(),
};

/** The last text that a request has. */
function questionOf({ messages }) {
  return messages.at(-1)?.content.findLast(({ type }) => type === 'text')?.text;
}

export class AnthropicUpstream {
  #server;
  #script = [];
  #cues = new Map();
  otherwise = CUES.ok;
  requests = [];

  static async startFor(t) {
    const upstream = new AnthropicUpstream();
    await new Promise((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    upstream.url = `http://127.0.0.1:${upstream.#server.address().port}`;
    t.after(() => upstream.stop());
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
    const json = JSON.parse(body);
    const { method, url: path, headers } = request;
    const asked = { method, path, headers, body, json, question: questionOf(json) };
    this.requests.push(asked);
    const cue = this.#cues.get(asked.question) ?? this.#script.shift() ?? this.otherwise;
    cue(asked, response);
  }

  /** The cues of the next requests, in order. */
  script(...cues) {
    this.#script.push(...cues);
  }

  /** The cue of every request with this question. */
  on(question, cue) {
    this.#cues.set(question, cue);
  }

  /** How a server is told to use this upstream; the key comes by the environment. */
  get options() {
    return {
      settings: { engine: 'anthropic', 'anthropic-base-url': this.url, 'anthropic-model': 'claude-scripted' },
      environment: { ANTHROPIC_API_KEY: 'sk-ant-test' },
    };
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
