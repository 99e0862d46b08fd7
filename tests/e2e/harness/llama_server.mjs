#!/usr/bin/env node
// A stand-in for llama.cpp's llama-server that behaves on cue: the flags, the key, the loading and the answers of the
// real one (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md), without a model.
//
// The folder in LLAMA_STAND_IN tells it what to do (plan.json: one plan for each start, the last for all that follow)
// and is told what it did (starts.jsonl). See local_model.mjs for the other side.

import { appendFileSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { chunk, chunksOf, usageChunk } from './completion_cues.mjs';
import { delay } from './eventually.mjs';
import { completion } from './upstream.mjs';

const NAMES = {
  '-m': 'model',
  '--model': 'model',
  '-hf': 'repo',
  '-hfr': 'repo',
  '--hf-repo': 'repo',
  '--host': 'host',
  '--port': 'port',
  '-c': 'context',
  '--ctx-size': 'context',
  '-a': 'alias',
  '--alias': 'alias',
};

function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function parse(args) {
  const found = { host: '127.0.0.1', port: '8080' };
  for (let at = 0; at < args.length; at += 2) {
    const name = NAMES[args[at]] ?? fail(`error: invalid argument: ${args[at]}`);
    found[name] = args[at + 1] ?? fail(`error: while handling argument "${args[at]}": expected value for argument`);
  }
  return found;
}

const folder = process.env.LLAMA_STAND_IN;
const inFolder = (name) => path.join(folder, name);
const flags = parse(process.argv.slice(2));

const starts = existsSync(inFolder('starts.jsonl')) ? readFileSync(inFolder('starts.jsonl'), 'utf8').split('\n') : [''];
const plans = JSON.parse(readFileSync(inFolder('plan.json'), 'utf8'));
const plan = plans[Math.min(starts.length, plans.length) - 1] ?? {};
const record = { pid: process.pid, at: Date.now(), args: process.argv.slice(2), port: Number(flags.port) };
appendFileSync(inFolder('starts.jsonl'), `${JSON.stringify(record)}\n`);

for (const line of plan.says ?? []) process.stderr.write(`${line}\n`);
if (plan.exitsWith !== undefined) process.exit(plan.exitsWith);
if (plan.ignoresTerm) process.on('SIGTERM', () => {});
else {
  process.on('SIGTERM', () => {
    writeFileSync(inFolder('terminated'), '');
    process.exit(0);
  });
}

if (flags.model !== undefined) {
  const magic = Buffer.alloc(4);
  readSync(openSync(flags.model), magic);
  if (magic.toString() !== 'GGUF') fail(`gguf_init_from_file: invalid magic characters '${magic}'`);
} else if (flags.repo === undefined) fail('error: --model is required');

const key = process.env.LLAMA_API_KEY;
let loaded = false;

function json(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const error = (code, message, type) => ({ error: { code, message, type } });

async function complete(request, response) {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  const body = JSON.parse(text);
  const question = body.messages.at(-1).content;
  appendFileSync(inFolder('requests.jsonl'), `${text}\n`);
  if (question === 'wait') while (!existsSync(inFolder('go on'))) await delay(10);
  if (!body.stream) return json(response, 200, completion(`Answer to ${question}`));
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const send = (data) => new Promise((sent) => response.write(`data: ${JSON.stringify(data)}\n\n`, sent));
  if (question === 'crash') {
    await send(chunk({ content: 'Half of an ' }));
    await delay(100);
    process.kill(process.pid, 'SIGSEGV');
    await delay(10_000);
  }
  for (const data of chunksOf('Answer to ', question).filter((one) => one !== usageChunk)) await send(data);
  if (body.stream_options?.include_usage) await send(usageChunk);
  response.end('data: [DONE]\n\n');
}

const server = http.createServer((request, response) => {
  response.on('error', () => {});
  if (request.url !== '/health' && request.headers.authorization !== `Bearer ${key}`) {
    json(response, 401, error(401, 'Invalid API Key', 'authentication_error'));
  } else if (!loaded) json(response, 503, error(503, 'Loading model', 'unavailable_error'));
  else if (request.url === '/health') json(response, 200, { status: 'ok' });
  else if (`${request.method} ${request.url}` === 'POST /v1/chat/completions') {
    complete(request, response).catch(() => response.destroy());
  } else json(response, 404, error(404, 'File Not Found', 'not_found_error'));
});
server.on('error', () => fail(`main: couldn't bind HTTP server socket, hostname: ${flags.host}, port: ${flags.port}`));
server.listen(Number(flags.port), flags.host, async () => {
  process.stderr.write(`main: api_keys: ****${key.slice(-4)}\nmain: loading model\n`);
  if (plan.crashesLoading) process.kill(process.pid, 'SIGABRT');
  if (plan.loadsUntilTold) while (!existsSync(inFolder('loaded'))) await delay(10);
  loaded = true;
  process.stderr.write(`main: server is listening on http://${flags.host}:${flags.port}\n`);
});
