// RFC 9112, section 3.2: the forms of a target, and the Host header that goes with it.

import { passes, passesAndCloses, refused } from './case.mjs';
import { HEALTHY, MARKED } from './requests.mjs';

const target = (text, host = 'x') => `GET ${text} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const hosts = (...lines) => `GET /healthz HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

export const cases = [
  passes('RFC 9112 3.2.1', 'a query', target('/healthz?a=b&c'), HEALTHY),
  passes('RFC 9112 3.2.1', 'an empty query', target('/healthz?'), HEALTHY),
  passes('RFC 9112 3.2.1', 'a path that is not here', target('/nowhere'), 404),
  passes('RFC 9112 3.2.1', 'a path that begins with two slashes is no authority', target('//x/healthz'), 404),
  passes('RFC 9112 3.2.1', 'dots are not resolved', target('/a/../healthz'), 404),
  passes('RFC 9112 3.2.1', 'an encoded NUL', target('/healthz%00'), 404),
  passes('RFC 9112 3.2.1', 'an encoded line end', target('/healthz%0d%0aX:%20y'), 404),
  passes('RFC 9112 3.2.1', 'an escape that is none', target('/%zz'), 404),
  refused('RFC 9112 3.2.1', 'a path without its slash', target('healthz') + MARKED, 400),
  refused('RFC 9112 3.2.1', 'nothing but a query', target('?a'), 400),
  refused('RFC 9112 3.2', 'a fragment', target('/healthz#a') + MARKED, 400),
  refused('RFC 9112 3.2', 'a byte beyond ASCII', target('/h\xe9'), 400),
  refused('RFC 9112 3.2', 'UTF-8 as it is', target('/h\xc3\xa9'), 400),
  refused('RFC 9112 3.2', 'a DEL', target('/healthz\x7f'), 400),
  refused('RFC 9112 3.2', 'an escape character', target('/healthz\x1b[2J'), 400),
  refused('RFC 9112 3.2', 'a backslash instead of the slash', target('\\healthz'), 400),

  passes('RFC 9112 3.2.2', 'an absolute target of this host', target('http://x/healthz'), HEALTHY),
  passes('RFC 9112 3.2.2', 'an absolute target in capitals', target('HTTP://X/healthz'), HEALTHY),
  passes('RFC 9112 3.2.2', 'an absolute target without a path', target('http://x'), 404),
  passes('RFC 9112 3.2.2', 'an absolute target with a port', target('http://x:80/healthz', 'x:80'), HEALTHY),
  refused('RFC 9112 3.2.2', 'an absolute target of another host', target('http://y/healthz') + MARKED, 400),
  refused('RFC 9112 3.2.2', 'an absolute target of another port', target('http://x:81/healthz') + MARKED, 400),
  refused('RFC 9112 3.2.2', 'an absolute target without a host', target('http:///healthz') + MARKED, 400),
  refused('RFC 9112 3.2.2', 'an absolute target without Host', 'GET http://x/healthz HTTP/1.1\r\n\r\n' + MARKED, 400),
  refused('RFC 9112 3.2.2', 'a user in an absolute target', target('http://x@y/healthz'), 400),
  refused('RFC 9112 3.2.2', 'a user in both', target('http://u@x/healthz', 'u@x'), 400),
  refused('RFC 9112 3.2.2', 'another scheme', target('ftp://x/healthz'), 400),
  refused('RFC 9112 3.2.2', 'a scheme without an authority', target('http:/healthz'), 400),
  refused('RFC 9112 3.2.3', 'authority-form without CONNECT', target('x:80'), 400),
  refused('RFC 9112 3.2.4', 'asterisk-form without OPTIONS', target('*'), 400),

  passes('RFC 9112 3.2', 'a Host with a port', target('/healthz', 'a.example:8080'), HEALTHY),
  passes('RFC 9112 3.2', 'a Host that is an IPv6 address', target('/healthz', '[::1]:80'), HEALTHY),
  passes('RFC 9112 3.2', 'a Host that is an IPv4 address', target('/healthz', '127.0.0.1'), HEALTHY),
  passes('RFC 9112 3.2', 'a Host in white space', target('/healthz', ' \tx\t '), HEALTHY),
  passes('RFC 9112 3.2', 'a Host with an empty port', target('/healthz', 'x:'), HEALTHY),
  refused('RFC 9112 3.2', 'no Host', hosts('X: y') + MARKED, 400),
  refused('RFC 9112 3.2', 'two Hosts', hosts('Host: x', 'Host: y') + MARKED, 400),
  refused('RFC 9112 3.2', 'the same Host twice', hosts('Host: x', 'Host: x') + MARKED, 400),
  refused('RFC 9112 3.2', 'two Hosts in different case', hosts('Host: x', 'hOST: y') + MARKED, 400),
  refused('RFC 9112 3.2', 'two Hosts apart from each other', hosts('Host: x', 'A: b', 'Host: y') + MARKED, 400),
  refused('RFC 9112 3.2', 'two Hosts in HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n', 400),
  refused('RFC 9112 3.2', 'an empty Host, of which http knows none', hosts('Host:') + MARKED, 400),
  refused('RFC 9112 3.2', 'a Host of two words', target('/healthz', 'a b'), 400),
  refused('RFC 9112 3.2', 'a list of Hosts', target('/healthz', 'x, y'), 400),
  refused('RFC 9112 3.2', 'a Host with a path', target('/healthz', 'x/y'), 400),
  refused('RFC 9112 3.2', 'a Host with a user', target('/healthz', 'u@x'), 400),
  refused('RFC 9112 3.2', 'a Host with a scheme', target('/healthz', 'http://x'), 400),
  refused('RFC 9112 3.2', 'a port that is no number', target('/healthz', 'x:y'), 400),
  refused('RFC 9112 3.2', 'two ports', target('/healthz', 'x:80:81'), 400),
  refused('RFC 9112 3.2', 'a bracket that is not closed', target('/healthz', '[::1'), 400),
  refused('RFC 9112 3.2', 'a Host beyond ASCII', target('/healthz', 'h\xf6st'), 400),
  passesAndCloses('RFC 9112 3.2', 'a Host in HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n', HEALTHY),
  // The RFC wants a Host of HTTP/1.1 only; the gate wants one of everybody, so that no proxy can guess another.
  refused('Gate', 'no Host in HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', 400),
];
