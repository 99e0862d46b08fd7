// One request on a connection of its own, its answer read to the end, whether that comes whole or as a stream.

import http from 'node:http';

import { WAIT_MS_MAX } from './connection.mjs';
import { judge } from './contract.mjs';

/** Resolves with {status, text, header(name), json()}; `body` is a string or a Buffer. */
export function ask(server, method, target, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const request = http.request({
      ...server.address,
      method,
      path: target,
      headers: { ...length, ...headers },
      agent: false,
      timeout: WAIT_MS_MAX,
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${WAIT_MS_MAX} ms`)));
    request.on('error', reject);
    request.on('response', (response) => {
      const pieces = [];
      response.on('data', (bytes) => pieces.push(bytes));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        try {
          judge(method, target, { status: response.statusCode, headers: response.headers, text });
        } catch (fault) {
          reject(fault);
        }
        resolve({
          status: response.statusCode,
          text,
          header: (name) => response.headers[name.toLowerCase()],
          json: () => JSON.parse(text),
        });
      });
    });
    request.end(body);
  });
}

/** The events of a stream's text, comments left out: [{event, data}]. */
export function eventsOf(text) {
  return text
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith(':')))
    .filter((lines) => lines.length > 0)
    .map((lines) => {
      const fields = Object.fromEntries(lines.map((line) => /^(\w+): ?(.*)$/s.exec(line).slice(1)));
      return { event: fields.event ?? 'message', data: fields.data };
    });
}
