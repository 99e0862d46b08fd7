// RFC 9112, section 5, and RFC 9110, section 5: the syntax of header lines.

import { passes, refused } from './case.mjs';
import { GET, HEALTHY, MARKED } from './requests.mjs';

const field = (line) => `${GET}${line}\r\n\r\n`;
const good = (rule, name, line) => passes(rule, name, field(line), HEALTHY);
const bad = (rule, name, line) => refused(rule, name, field(line) + MARKED, 400);

export const cases = [
  good('RFC 9112 5', 'an empty value', 'X:'),
  good('RFC 9112 5', 'a value of white space', 'X: \t '),
  good('RFC 9112 5', 'no white space after the colon', 'X:y'),
  good('RFC 9112 5', 'tabs around and in a value', 'X:\ta\tb\t'),
  good('RFC 9112 5', 'colons in a value', 'X: a:b::c'),
  good('RFC 9112 5', 'the same name many times', 'X: a\r\nX: b\r\nx: c'),
  good('RFC 9112 5', 'quotes that are not closed', 'X: "a'),
  bad('RFC 9112 5', 'no colon', 'X'),
  bad('RFC 9112 5', 'no name', ': y'),
  bad('RFC 9112 5', 'a request line among the headers', 'GET /api/me/ HTTP/1.1'),

  bad('RFC 9112 5.1', 'a space before the colon', 'X : y'),
  bad('RFC 9112 5.1', 'a tab before the colon', 'X\t: y'),
  refused('RFC 9112 5.1', 'a space before a colon of HEAD', 'HEAD / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n', {
    status: 400,
    bodiless: true,
  }),
  bad('RFC 9112 5.1', 'a space in a name', 'X Y: z'),
  refused('RFC 9112 5.1', 'a space before the colon of Host', `GET / HTTP/1.1\r\nHost : x\r\n\r\n${MARKED}`, 400),
  bad('RFC 9112 5.1', 'a space before the colon of Content-Length', 'Content-Length : 5'),
  bad('RFC 9112 5.1', 'a space before the colon of Transfer-Encoding', 'Transfer-Encoding : chunked'),

  bad('RFC 9112 5.2', 'a folded line', 'X: a\r\n b'),
  bad('RFC 9112 5.2', 'a line folded with a tab', 'X: a\r\n\tb'),
  bad('RFC 9112 5.2', 'a fold of white space alone', 'X: a\r\n \r\nY: b'),
  bad('RFC 9112 5.2', 'a fold in front of a framing header', 'X: a\r\n Content-Length: 5'),
  bad('RFC 9112 5.2', 'a folded Transfer-Encoding', 'Transfer-Encoding:\r\n chunked'),
  bad('RFC 9112 5.2', 'a folded Content-Length', 'Content-Length: 1\r\n 6'),
  refused('RFC 9112 5.2', 'a folded Host', `GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n${MARKED}`, 400),

  bad('RFC 9110 5.1', 'a name with a bracket', 'X(y): z'),
  bad('RFC 9110 5.1', 'a name in quotes', '"X": y'),
  bad('RFC 9110 5.1', 'a name with a slash', 'X/Y: z'),
  bad('RFC 9110 5.1', 'a name beyond ASCII', 'X\xe4: y'),
  bad('RFC 9110 5.1', 'a name of UTF-8', '\xc3\xa4: y'),
  bad('RFC 9110 5.1', 'a NUL in a name', 'X\0: y'),
  good('RFC 9110 5.1', 'a name of odd token characters', "!#$%&'*+-.^_`|~9: y"),

  good('RFC 9110 5.5', 'a value beyond ASCII', 'X: \xe4\xff\x80'),
  bad('RFC 9110 5.5', 'a NUL in a value', 'X: a\0b'),
  bad('RFC 9110 5.5', 'a bare CR in a value', 'X: a\rb'),
  bad('RFC 9110 5.5', 'a bare LF in a value', 'X: a\nY: b'),
  bad('RFC 9110 5.5', 'a bare CR at the end of a value', 'X: a\r'),
  bad('RFC 9110 5.5', 'a vertical tab in a value', 'X: a\x0bb'),
  bad('RFC 9110 5.5', 'a form feed in a value', 'X: a\fb'),
  bad('RFC 9110 5.5', 'a backspace in a value', 'X: a\bb'),
  bad('RFC 9110 5.5', 'a DEL in a value', 'X: a\x7fb'),
  bad('RFC 9110 5.5', 'a bare CR that hides a header', 'X: a\rContent-Length: 5'),
];
