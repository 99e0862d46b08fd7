// One request on a connection of its own, its answer with every header, read to the end, whole or streamed.

import http from 'node:http';

import { WAIT_MS_MAX } from '../../e2e/harness/connection.mjs';
import { judge } from '../../e2e/harness/contract.mjs';

/** Resolves with {status, headers, headerText, text, json()}; `body` is a string or a Buffer. */
export function wholeAnswer(server, method, target, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const options = { ...server.address, method, path: target, headers: { ...length, ...headers }, agent: false };
    const request = http.request({ ...options, timeout: WAIT_MS_MAX });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${WAIT_MS_MAX} ms`)));
    request.on('error', reject);
    request.on('response', async (response) => {
      try {
        const pieces = [];
        for await (const bytes of response) pieces.push(bytes);
        const text = Buffer.concat(pieces).toString('utf8');
        const { statusCode: status, headers: received, rawHeaders } = response;
        judge(method, target, { status, headers: received, text });
        resolve({ status, headers: received, headerText: rawHeaders.join('\n'), text, json: () => JSON.parse(text) });
      } catch (fault) {
        reject(fault);
      }
    });
    request.end(body);
  });
}
