// OpenAI's own client on the server under test, which also tells what it sent, byte for byte.

import OpenAI from 'openai';

import { judgeOf } from './contract.mjs';

/** Holds the answer against the document of the API; of a stream, which the test may leave, only its head. */
async function judged(request, response) {
  const judge = judgeOf(request.method ?? 'GET', request.url);
  const names = [...response.headers.keys()];
  judge.head({ status: response.status, names, header: (name) => response.headers.get(name) ?? undefined });
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  if (!isStream) judge.body(await response.clone().text());
  return response;
}

/** `sent`: the bodies of its requests, as texts. It never asks again by itself. */
export function clientOf(server, apiKey) {
  const sent = [];
  const client = new OpenAI({
    baseURL: `http://${server.address.host}:${server.address.port}/v1`,
    apiKey,
    maxRetries: 0,
    fetch: async (url, options) => {
      sent.push(options.body);
      return judged({ method: options.method, url: String(url) }, await fetch(url, options));
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
