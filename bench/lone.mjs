// One chat at a time on a real disk, against one flush of the same disk at the same time.

import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

import { median } from './figures.mjs';

const ROUNDS = 300;
/** What a chat appends to the write-ahead log is of this order. */
const APPENDED_BYTES = 3 * 4096;

const nowUs = () => Number(process.hrtime.bigint()) / 1000;

/** Medians in µs, taken in turns so that both meet the same disk: {chatUs, fsyncUs, chats}. */
export async function loneChats(server, token, folder) {
  const file = path.join(folder, 'fsync-probe');
  const descriptor = openSync(file, 'w');
  const connection = (await server.connect()).unjudged();
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ token, message: 'Hello, how are you?' });
  const block = Buffer.alloc(APPENDED_BYTES, 1);
  const chats = [];
  const fsyncs = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    let begunUs = nowUs();
    writeSync(descriptor, block);
    fdatasyncSync(descriptor);
    fsyncs.push(nowUs() - begunUs);
    begunUs = nowUs();
    const response = await connection.request('POST', '/api/chat/', { headers, body });
    chats.push(nowUs() - begunUs);
    if (response.status !== 200) throw new Error(`a lone chat: ${response.status} ${response.text}`);
  }
  connection.destroy();
  closeSync(descriptor);
  rmSync(file);
  return { chatUs: median(chats), fsyncUs: median(fsyncs), chats: ROUNDS };
}
