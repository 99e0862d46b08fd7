// RFC 9112, section 9: how long a connection goes on; with what RFC 9110 says of Expect and Upgrade.

import { invited, passes, passesAndCloses, refused, waits } from './case.mjs';
import { BODY, GET, HEALTH, HEALTHY, MARKED, POST, READ, sized } from './requests.mjs';

const OLD = 'GET /healthz HTTP/1.0\r\nHost: x\r\n';
const field = (line) => `${GET}${line}\r\n\r\n`;
const numbered = (id) => `${GET}Request-Id: ${id}\r\n\r\n`;
const answered = (id) => ({ ...HEALTHY, id });
const expecting = (value, more = '') => `${POST}Expect: ${value}\r\n${more}Content-Length: 16\r\n\r\n${BODY}`;

export const cases = [
  passesAndCloses('RFC 9112 9.3', 'HTTP/1.0 ends by itself', `${OLD}\r\n${MARKED}`, HEALTHY),
  passes('RFC 9112 9.3', 'HTTP/1.0 goes on where it asks', `${OLD}Connection: keep-alive\r\n\r\n`, HEALTHY),
  passes('RFC 9112 9.3', 'HTTP/1.0 asks in capitals', `${OLD}Connection: Keep-Alive\r\n\r\n`, HEALTHY),
  passesAndCloses(
    'RFC 9112 9.3',
    'Proxy-Connection asks for nothing',
    `${OLD}Proxy-Connection: keep-alive\r\n\r\n`,
    HEALTHY,
  ),
  passes(
    'RFC 9112 9.3',
    'HTTP/1.0 goes on to HTTP/1.1',
    `${OLD}Connection: keep-alive\r\n\r\n${HEALTH}`,
    HEALTHY,
    HEALTHY,
  ),

  passes('RFC 9112 9.3.2', 'two requests at once', numbered('a') + numbered('b'), answered('a'), answered('b')),
  passes(
    'RFC 9112 9.3.2',
    'requests of all kinds at once',
    numbered('a') + sized(BODY) + 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n' + numbered('b'),
    answered('a'),
    READ,
    404,
    answered('b'),
  ),
  passes('RFC 9112 9.3.2', 'forty requests at once', HEALTH.repeat(40), ...Array(40).fill(HEALTHY)),
  refused('RFC 9112 9.3.2', 'a bad one after a good one', `${HEALTH}GET\r\n\r\n${MARKED}`, 400, HEALTHY),
  refused('RFC 9112 9.3.2', 'a bad one after a body', `${sized(BODY)}X\r\n\r\n${MARKED}`, 400, READ),
  waits('RFC 9112 9.3.2', 'half of one after a good one', `${numbered('a')}${GET}`, answered('a')),

  passesAndCloses('RFC 9112 9.6', 'close', field('Connection: close') + MARKED, HEALTHY),
  passesAndCloses('RFC 9112 9.6', 'close in capitals', field('CONNECTION: CLOSE') + MARKED, HEALTHY),
  passesAndCloses('RFC 9112 9.6', 'close in a list', field('Connection: x, close ,y') + MARKED, HEALTHY),
  passesAndCloses(
    'RFC 9112 9.6',
    'close in the second header',
    field('Connection: x\r\nConnection: close') + MARKED,
    HEALTHY,
  ),
  passesAndCloses('RFC 9112 9.6', 'close beats keep-alive', field('Connection: keep-alive, close') + MARKED, HEALTHY),
  passesAndCloses(
    'RFC 9112 9.6',
    'close in HTTP/1.0 beats keep-alive',
    `${OLD}Connection: close, keep-alive\r\n\r\n${MARKED}`,
    HEALTHY,
  ),
  passesAndCloses(
    'RFC 9112 9.6',
    'close with a body',
    `${POST}Connection: close\r\nContent-Length: 16\r\n\r\n${BODY}`,
    READ,
  ),
  passesAndCloses('RFC 9112 9.6', 'close after others', HEALTH + field('Connection: close') + MARKED, HEALTHY, HEALTHY),
  passes('RFC 9112 9.6', 'keep-alive', field('Connection: keep-alive'), HEALTHY),
  passes('RFC 9112 9.6', 'an option that nobody knows', field('Connection: closed'), HEALTHY),
  passes('RFC 9112 9.6', 'no option', field('Connection:'), HEALTHY),
  passes('RFC 9112 9.6', 'commas alone', field('Connection: ,,,'), HEALTHY),
  passes(
    'RFC 9110 7.6.1',
    'a framing header that is called one of the hop',
    `${POST}Connection: Content-Length\r\nContent-Length: 16\r\n\r\n${BODY}`,
    READ,
  ),
  passes('RFC 9110 7.6.1', 'Host called one of the hop', field('Connection: Host'), HEALTHY),

  passes(
    'RFC 9110 7.8',
    'an upgrade to WebSocket is not taken',
    field('Connection: Upgrade\r\nUpgrade: websocket'),
    HEALTHY,
  ),
  passes(
    'RFC 9110 7.8',
    'an upgrade to HTTP/2 is not taken',
    field('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__') + HEALTH,
    HEALTHY,
    HEALTHY,
  ),
  passes(
    'RFC 9110 7.8',
    'an upgrade with a body',
    `${POST}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 16\r\n\r\n${BODY}`,
    READ,
  ),

  passes('RFC 9110 10.1.1', 'a body that came without being invited', expecting('100-continue'), READ),
  passes('RFC 9110 10.1.1', 'an expectation in capitals', expecting('100-Continue'), READ),
  passes('RFC 9110 10.1.1', 'an expectation without a body', field('Expect: 100-continue'), HEALTHY),
  passes('RFC 9110 10.1.1', 'the same twice', expecting('100-continue', 'Expect: 100-continue\r\n'), READ),
  invited('RFC 9110 10.1.1', 'a body that does not come', `${POST}Expect: 100-continue\r\nContent-Length: 16\r\n\r\n`),
  refused('RFC 9110 10.1.1', 'an expectation that nobody meets', expecting('200-ok') + MARKED, 417),
  refused('RFC 9110 10.1.1', 'one to meet and one not', expecting('100-continue', 'Expect: x\r\n') + MARKED, 417),
  passesAndCloses(
    'RFC 9110 10.1.1',
    'an expectation of HTTP/1.0 is not read',
    expecting('x').replace('/1.1', '/1.0'),
    READ,
  ),
  refused(
    'RFC 9110 10.1.1',
    'a body too large is not invited',
    `${POST}Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n`,
    413,
  ),
];
