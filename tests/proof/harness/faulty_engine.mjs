// A model server that fails in every way and repeats in its errors what it was asked, the key that it was asked with,
// and details of its own: nothing of that is for users.

/** What it says besides a status, for each fault: a function of (response, text). */
export const FAULTS = {
  refuses: (response, text) => failing(response, 400, text),
  'refuses the key': (response, text) => failing(response, 401, text),
  'knows no such model': (response, text) => failing(response, 404, text),
  'is busy': (response, text) => failing(response, 429, text, { 'Retry-After': '60' }),
  fails: (response, text) => failing(response, 500, text),
  'fails in HTML': (response, text) => {
    response.writeHead(500, { 'Content-Type': 'text/html', 'X-Detail': oneLine(text) }).end(`<html>${text}</html>`);
  },
  redirects: (response, text) => {
    response.writeHead(302, { Location: `http://127.0.0.1:9/${encodeURIComponent(text).slice(0, 2000)}` }).end();
  },
  'says something else': (response, text) => response.writeHead(200, { 'Content-Type': 'text/plain' }).end(text),
  'says half of it': (response, text) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1_000_000 });
    const half = JSON.stringify({ choices: [{ message: { content: text } }] }).slice(0, -3);
    response.write(half, () => response.destroy());
  },
  'streams an error': (response, text) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const error = { type: 'error', error: { message: text, type: 'api_error', param: text, code: text } };
    response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
  },
  'streams no JSON': (response, text) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(`data: {"${text}\n\ndata: [DONE]\n\n`);
  },
  'says nothing': () => {},
};

const oneLine = (text) => encodeURIComponent(text).slice(0, 4000);

function failing(response, status, text, headers = {}) {
  const error = { message: text, type: text, param: text, code: text };
  response.writeHead(status, oneLine(text).slice(0, 100), { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error, detail: text, request_id: text }));
}

/** The cue of such a fault. */
export function faultyCue(fault, details) {
  return ({ headers, body }, response) => {
    const key = headers.authorization ?? headers['x-api-key'];
    FAULTS[fault](response, [...details, key, body].join(' '));
  };
}
