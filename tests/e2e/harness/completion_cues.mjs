// Cues for an upstream that is asked for chat completions: whole ones of any content, and streams of chunks.

import { eventually } from './eventually.mjs';

export const chunk = (delta, finish_reason = null) => ({
  id: 'chatcmpl-streamed',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'scripted',
  choices: [{ index: 0, delta, finish_reason }],
});

export const usageChunk = {
  ...chunk({}),
  choices: [],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
};

const event = (data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** All chunks of a text that comes in these pieces, the one with the usage as the last. */
export const chunksOf = (...pieces) => [
  chunk({ role: 'assistant', content: '' }),
  ...pieces.map((content) => chunk({ content })),
  chunk({}, 'stop'),
  usageChunk,
];

/** A cue that streams these chunks at once, to their end. */
export function streamed(chunks) {
  return (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end([...chunks, '[DONE]'].map(event).join(''));
  };
}

/** A cue that answers with this body. */
export function answered(body, status = 200) {
  return (request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  };
}

/** A cue whose stream is told what to send; `closed()` waits until the other side has left or all is sent. */
export function steered() {
  let response;
  let closed = false;
  return {
    cue: (_, opened) => {
      response = opened;
      response.on('close', () => (closed = true));
    },
    arrived: () => eventually('the engine being asked', () => response),
    send: (...chunks) => {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(chunks.map(event).join(''));
    },
    finish: () => response.end(event('[DONE]')),
    closed: () => eventually("the engine's connection to close", () => closed),
  };
}
