// OpenAI's own client on the server under test, which also tells what it sent, byte for byte.

import OpenAI from 'openai';

/** `sent`: the bodies of its requests, as texts. It never asks again by itself. */
export function clientOf(server, apiKey) {
  const sent = [];
  const client = new OpenAI({
    baseURL: `http://${server.address.host}:${server.address.port}/v1`,
    apiKey,
    maxRetries: 0,
    fetch: (url, options) => {
      sent.push(options.body);
      return fetch(url, options);
    },
  });
  return { client, sent };
}

/** The chunks of a stream, read to its end. */
export async function everyChunk(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** What was said in these chunks. */
export const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
