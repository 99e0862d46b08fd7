// Replies of a model server as they stream: what each event says, and where it is whole.

const chunk = (delta, finishReason = null) => ({
  id: 'c-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});

const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

/** The text that one chunk adds to the saved answer, as Parley counts it. */
function textIn({ choices }) {
  const { content, refusal, tool_calls: calls = [] } = choices[0]?.delta ?? {};
  const called = calls.map((call) => (call.function.name ?? '') + (call.function.arguments ?? ''));
  return (content ?? '') + (refusal ?? '') + called.join('');
}

/** One event of a recording: `closing` from the one with the finish reason on, `usage` the one that is asked for. */
function eventOf(data, closing) {
  const value = data === '[DONE]' ? undefined : JSON.parse(data);
  return {
    data,
    bytes: Buffer.from(`data: ${data}\n\n`),
    text: value ? textIn(value) : '',
    says: value
      ? Object.entries(value.choices[0]?.delta ?? {}).some(([key, it]) => key !== 'role' && (it ?? '') !== '')
      : false,
    closing,
    usage: value?.choices.length === 0,
  };
}

export class Recording {
  constructor(...values) {
    let closing = false;
    this.events = [...values.map((value) => JSON.stringify(value)), '[DONE]'].map((data) => {
      closing ||= data === '[DONE]' || JSON.parse(data).choices[0]?.finish_reason != null;
      return eventOf(data, closing);
    });
    this.text = this.events.map(({ text }) => text).join('');
    this.finishReason = values.map(({ choices }) => choices[0]?.finish_reason).find((reason) => reason != null);
    /** The body, and the offset in it from which on each event is whole. */
    this.body = Buffer.concat(this.events.map(({ bytes }) => bytes));
    this.wholeFrom = [];
    /** The same for the whole reply as it is on the wire, with each event in a chunk of its own. */
    const pieces = [Buffer.from(HEAD)];
    this.wholeOnWireFrom = [];
    let [inBody, onWire] = [0, HEAD.length];
    for (const { bytes } of this.events) {
      const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
      pieces.push(size, bytes, Buffer.from('\r\n'));
      inBody += bytes.length;
      this.wholeFrom.push(inBody);
      this.wholeOnWireFrom.push(onWire + size.length + bytes.length);
      onWire += size.length + bytes.length + 2;
    }
    this.wire = Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
  }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
export const HEAD_BYTES = HEAD.length;

export const PLAIN = new Recording(
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Grüße' }),
  chunk({ content: ', "you"\n' }),
  chunk({ content: '😀' }),
  chunk({}, 'stop'),
  { ...chunk({}), choices: [], usage },
);

const call = (fields) => ({ tool_calls: [{ index: 0, ...fields }] });

export const TOOLS = new Recording(
  chunk({
    role: 'assistant',
    content: null,
    ...call({ id: 't', type: 'function', function: { name: 'f', arguments: '' } }),
  }),
  chunk(call({ function: { arguments: '{"a":' } })),
  chunk(call({ function: { arguments: '"ü"}' } })),
  chunk({}, 'tool_calls'),
  { ...chunk({}), choices: [], usage },
);

/** A recording with these texts, one after the other. */
export const saying = (...texts) =>
  new Recording(
    chunk({ role: 'assistant', content: '' }),
    ...texts.map((content) => chunk({ content })),
    chunk({}, 'stop'),
  );

const STREAM_HEAD = { 'Content-Type': 'text/event-stream' };

/** Cues: the whole reply; the connection cut after so many bytes of it; its body ended well after so many. */
export const played = (recording) => (asked, response) => {
  response.writeHead(200, STREAM_HEAD);
  response.end(recording.body);
};

export const cutOnTheWire =
  (recording, at) =>
  (asked, { socket }) => {
    if (at === 0) socket.destroy();
    else socket.write(recording.wire.subarray(0, at), () => socket.destroy());
  };

export const endedEarly = (recording, at) => (asked, response) => {
  response.writeHead(200, STREAM_HEAD);
  response.end(recording.body.subarray(0, at));
};
