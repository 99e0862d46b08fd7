// Pieces that the cases are made of. Hosts and paths are short, since the bytes are sent once for each of their
// positions.

export const GET = 'GET /healthz HTTP/1.1\r\nHost: x\r\n';
export const HEALTH = `${GET}\r\n`;
export const HEALTHY = { status: 200, text: '{"status":"ok"}' };

/** Wants a body. It answers by what that says, without a look at any account: READ where it came through whole. */
export const POST = 'POST /api/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
export const BODY = '{"username":"u"}';
export const READ = { status: 400, text: '{"password":["This field is required."]}' };
/** The answer to no body, and to an empty one. */
export const EMPTY = {
  status: 400,
  text: '{"username":["This field is required."],"password":["This field is required."]}',
};

/** Nobody else asks for this route: each time that it is answered is counted by the server. */
export const MARKED_ROUTE = '/api/me/';
export const MARKED = `GET ${MARKED_ROUTE} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Stands for the login token of somebody who never chats, and is at least as long as one. */
export const VICTIM = 'V'.repeat(44);
const MESSAGE = '{"message":"x"}';
/** Costs the victim 100 tokens where it is carried out. */
export const THEFT =
  'POST /api/chat/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
  `Authorization: Token ${VICTIM}\r\nContent-Length: ${MESSAGE.length}\r\n\r\n${MESSAGE}`;

export const sized = (body, head = POST) => `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
export const chunk = (data, extension = '') => `${data.length.toString(16)}${extension}\r\n${data}\r\n`;
export const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** The bytes of a case, with the token of the one who would pay. Spaces before a token are no part of it. */
export function bytesOf({ bytes }, token) {
  if (token.length > VICTIM.length) throw new Error('the token does not fit where it is to go');
  return Buffer.from(bytes.replaceAll(VICTIM, token.padStart(VICTIM.length)), 'latin1');
}
