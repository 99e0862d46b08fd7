// The limits of src/http/limits.h, each met and passed by one.

import { passes, refused, waits } from './case.mjs';
import { BODY, CHUNKED, GET, HEALTHY, MARKED, POST, READ, chunk } from './requests.mjs';

const LINE = 8 * 1024;
const BLOCK = 16 * 1024;
const HEADERS = 100;
const BODY_MAX = 1024 * 1024;

/** Chunks whose extension is as long as one may be; all of a body together may have 8 KiB. */
const extended = (chunks) => `${CHUNKED}${chunk(' ', `;${'a'.repeat(255)}`).repeat(chunks)}${chunk(BODY)}0\r\n\r\n`;

const requestLine = (bytes) => `GET /${'a'.repeat(bytes - 'GET / HTTP/1.1'.length)} HTTP/1.1\r\nHost: x\r\n\r\n`;
const method = (bytes) => `${'M'.repeat(bytes)} /healthz HTTP/1.1\r\nHost: x\r\n\r\n`;
const headerLine = (bytes) => `${GET}X: ${'a'.repeat(bytes - 3)}\r\n\r\n`;
const headers = (count) => `${GET}${'X: y\r\n'.repeat(count - 1)}\r\n`;
/** Of so many bytes with its empty line. */
function block(bytes) {
  const most = `X: ${'a'.repeat(8000)}\r\n`.repeat(2);
  const rest = bytes - GET.length - most.length - 'Y: \r\n\r\n'.length;
  return `${GET}${most}Y: ${'b'.repeat(rest)}\r\n\r\n`;
}

export const cases = [
  passes('Limits', 'the longest request line', requestLine(LINE), 404),
  refused('Limits', 'a request line that is too long by one', requestLine(LINE + 1), 414),
  refused('Limits', 'a request line without end', `GET /${'a'.repeat(3 * LINE)}`, 414),
  passes('Limits', 'a long method', method(200), 405),
  refused('Limits', 'a method without end', method(LINE + 1), 414),
  passes('Limits', 'the longest header line', headerLine(LINE), HEALTHY),
  refused('Limits', 'a header line that is too long by one', headerLine(LINE + 1) + MARKED, 431),
  refused('Limits', 'a name without end', `${GET}${'X'.repeat(LINE + 1)}: y\r\n\r\n${MARKED}`, 431),
  passes('Limits', 'the longest header block', block(BLOCK), HEALTHY),
  refused('Limits', 'a header block that is too long by one', block(BLOCK + 1) + MARKED, 431),
  passes('Limits', 'as many headers as there may be', headers(HEADERS), HEALTHY),
  refused('Limits', 'a header too many', headers(HEADERS + 1) + MARKED, 431),
  refused('Limits', 'a body that is too large by one', `${POST}Content-Length: ${BODY_MAX + 1}\r\n\r\n${MARKED}`, 413),
  waits('Limits', 'a body as large as it may be, to come', `${POST}Content-Length: ${BODY_MAX}\r\n\r\n${MARKED}`),
  passes('Limits', 'as many chunk extensions as there may be', extended(32), READ),
  refused('Limits', 'more chunk extensions than there may be', extended(33), 400),
];
