// RFC 9112, section 11.2: requests that hide another one from whoever reads their length otherwise. The hidden one asks
// for what nobody else asks for, or spends the tokens of somebody who never chats.

import { passes, refused, waits } from './case.mjs';
import { BODY, CHUNKED, EMPTY, GET, HEALTH, HEALTHY, MARKED, POST, READ, THEFT, chunk, sized } from './requests.mjs';

const rule = 'RFC 9112 11.2';
const LAST = '0\r\n\r\n';
/** Told the whole by Content-Length, and that it ends before what is hidden by the chunks. */
const clTe = (lines, hidden = THEFT) =>
  `${POST}Content-Length: ${5 + hidden.length}\r\n${lines}\r\n\r\n${LAST}${hidden}`;
/** Told the whole by the chunks, and that it ends within the first by Content-Length. */
const teCl = (lines, hidden = THEFT) =>
  `${POST}${lines}\r\nContent-Length: 4\r\n\r\n${chunk(hidden)}${LAST}`;
const never = (name, bytes, status = 400) => refused(rule, name, bytes, status);
/** To who has no use for its body. */
const ofNoUse = (what, hidden = THEFT) => sized(hidden, `${what} HTTP/1.1\r\nHost: x\r\n`);
const inChunks = (head, hidden = THEFT) => `${head}${CODING}\r\n\r\n${chunk(hidden)}${LAST}`;
const CODING = 'Transfer-Encoding: chunked';

export const cases = [
  never('CL.TE', clTe(CODING)),
  never('CL.TE of a GET', clTe(CODING).replace('POST /api/login/', 'GET /healthz')),
  never(
    'CL.TE with a length that is a byte short',
    clTe(CODING).replace(`: ${5 + THEFT.length}`, `: ${4 + THEFT.length}`),
  ),
  never('CL.TE that leaves half a request behind', clTe(CODING, 'GET /api/me/ HTTP/1.1\r\nX: ')),
  never('TE.CL', teCl(CODING)),
  never('TE.CL with a length of 0', teCl(CODING).replace('Length: 4', 'Length: 0')),
  never('TE.TE, twice', clTe(`${CODING}\r\nTransfer-Encoding: x`)),
  never('TE.TE, the false one first', clTe(`Transfer-Encoding: x\r\n${CODING}`)),
  never('TE.TE, in a list', clTe('Transfer-Encoding: chunked, x')),
  never('TE.TE, the name in a list', clTe('Transfer-Encoding: x, chunked')),

  never('a space before the colon', clTe('Transfer-Encoding : chunked')),
  never('a tab before the colon', clTe('Transfer-Encoding\t: chunked')),
  never('a space before the name', clTe(` ${CODING}`)),
  never('a tab after the colon', clTe('Transfer-Encoding:\tchunked')),
  never('a vertical tab after the colon', clTe('Transfer-Encoding:\x0bchunked')),
  never('a form feed after the value', clTe(`${CODING}\f`)),
  never('a folded value', clTe('Transfer-Encoding:\r\n chunked')),
  never('a folded name', clTe('Transfer\r\n -Encoding: chunked')),
  never('the end of a fold', clTe(`X: y\r\n\t${CODING}`)),
  never('a bare LF before the name', clTe(`X: y\n${CODING}`)),
  never('a bare CR before the name', clTe(`X: y\r${CODING}`)),
  never('a bare LF within the name', clTe('Transfer-Encoding\n: chunked')),
  never('a NUL within the name', clTe('Transfer-\0Encoding: chunked')),
  never('a byte beyond ASCII in the name', clTe('Transfer\xadEncoding: chunked')),
  never('a colon before the name', clTe(`: ${CODING}`)),
  never('single quotes', clTe("Transfer-Encoding: 'chunked'")),
  never('a value with a semicolon', clTe('Transfer-Encoding: chunked;')),
  never('a value with a dot', clTe('Transfer-Encoding: .chunked')),
  never('capitals', clTe('tRANSFER-eNCODING: cHUNKED')),
  never('a coding of the hop', clTe(`${CODING}\r\nConnection: Transfer-Encoding`)),
  never('a length of the hop', clTe(`${CODING}\r\nConnection: Content-Length`)),
  never('HTTP/1.0', clTe(CODING).replace('HTTP/1.1', 'HTTP/1.0')),
  // With an underscore it is another header, so that the length alone counts: what is hidden stays a body.
  passes(rule, 'an underscore in the name', clTe('Transfer_Encoding: chunked', MARKED), {
    status: 400,
    text: '{"detail":"JSON parse error - unexpected character at line 3 column 1"}',
  }),

  never('CL.CL', `${POST}Content-Length: 0\r\nContent-Length: ${THEFT.length}\r\n\r\n${THEFT}`),
  never('CL.CL, the other way', `${POST}Content-Length: ${THEFT.length}\r\nContent-Length: 0\r\n\r\n${THEFT}`),
  never('CL.CL, in a list', `${POST}Content-Length: 0, ${THEFT.length}\r\n\r\n${THEFT}`),
  never('CL.CL, by a space before the colon', `${POST}Content-Length: 0\r\nContent-Length : 5\r\n\r\n${THEFT}`),
  never('CL.CL, by a plus', `${POST}Content-Length: +0\r\n\r\n${THEFT}`),
  never('CL.CL, by a fold', `${POST}Content-Length: 0\r\n ${THEFT.length}\r\n\r\n${THEFT}`),

  passes(rule, 'CL.0: a GET has a body', ofNoUse('GET /healthz', MARKED), HEALTHY),
  passes(rule, 'CL.0: a GET has a body that steals', ofNoUse('GET /healthz'), HEALTHY),
  passes(rule, 'CL.0: a path that is not here has a body', ofNoUse('POST /nowhere'), 404),
  passes(rule, 'CL.0: a method that is not allowed has a body', ofNoUse('PUT /healthz'), 405),
  passes(rule, 'CL.0: HEAD has a body', ofNoUse('HEAD /healthz'), { status: 200, bodiless: true }),
  passes(rule, 'CL.0: DELETE has a body', ofNoUse('DELETE /healthz'), 405),
  passes(rule, 'CL.0: a media type that is refused has a body', sized(THEFT, POST.replace('json', 'x')), 415),
  passes(
    rule,
    '0.CL: an expectation is met and its body is read',
    sized(THEFT, `${GET}Expect: 100-continue\r\n`),
    HEALTHY,
  ),
  never('0.CL: an expectation that is not met', sized(THEFT, `${POST}Expect: y 100-continue\r\n`), 417),
  waits(rule, 'a prefix for the next one on the connection', `${POST}Content-Length: 400\r\n\r\n${BODY}\r\n${MARKED}`),
  waits(rule, 'a header for the next one on the connection', `${HEALTH}GET /api/me/ HTTP/1.1\r\nX-Ignore: `, HEALTHY),

  passes(rule, 'TE.0: a GET has chunks', inChunks(GET), HEALTHY),
  passes(rule, 'TE.0: OPTIONS has chunks', inChunks(GET.replace('GET', 'OPTIONS')), 405),
  passes(
    rule,
    'chunks, and a request that is no longer one',
    `${CHUNKED}${chunk(BODY)}${LAST}${HEALTH}`,
    READ,
    HEALTHY,
  ),
  refused(rule, 'an extension that ends by a bare LF', `${CHUNKED}2;\n{}\r\n${LAST}${THEFT}`, 400),
  refused(rule, 'a size that is a list', `${CHUNKED}0,2\r\n\r\n${THEFT}`, 400),
  refused(rule, 'a last chunk of minus nothing', `${CHUNKED}-0\r\n\r\n${THEFT}`, 400),
  refused(rule, 'a trailer that would be a header', `${CHUNKED}0\r\nContent-Length : 5\r\n\r\n${THEFT}`, 400),
  passes(
    rule,
    'a trailer that would be a length',
    `${CHUNKED}0\r\nContent-Length: 33\r\n\r\n${HEALTH}`,
    EMPTY,
    HEALTHY,
  ),

  never('a second line of another host', `GET http://x/healthz HTTP/1.1\r\nHost: y\r\n\r\n${THEFT}`),
  never('a line end in the target', `GET /healthz\r\nHost: x HTTP/1.1\r\nHost: x\r\n\r\n${THEFT}`),
  never('a line end in the method', `GET\r\n/healthz HTTP/1.1\r\nHost: x\r\n\r\n${THEFT}`),
  never('a version that hides a header', `GET /healthz HTTP/1.1 X:\r\nHost: x\r\n\r\n${THEFT}`),
];
