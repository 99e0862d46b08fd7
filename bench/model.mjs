// A model server as a process of its own: streams chunks of OpenAI's shape, as many and as far apart as it is asked to.
//
// It writes to bare sockets: each delta leaves in a write of its own, which http.Server doesn't promise, and costs
// little enough for thousands of streams. The one line it prints is its port.

import net from 'node:net';

import { cueOf, deltaText } from './cue.mjs';

const BACKLOG = 4096;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

const completionChunk = (delta, finishReason) =>
  JSON.stringify({
    id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
    object: 'chat.completion.chunk',
    created: 1_741_569_952,
    model: 'bench',
    system_fingerprint: 'fp_44709d6fcb',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  });

function event(data) {
  const text = `data: ${data}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

const BEGIN = HEAD + event(completionChunk({ role: 'assistant', content: '', refusal: null }, null));
const END = event(completionChunk({}, 'stop')) + event('[DONE]') + LAST_CHUNK;

/** Answers one request; returns the timer that does. */
function stream(socket, cue) {
  let sent = 0;
  const next = () => {
    socket.write(event(completionChunk({ content: deltaText(cue, sent) }, null)), 'latin1');
    sent += 1;
    if (sent < cue.deltas) return;
    clearInterval(timer);
    socket.write(END, 'latin1');
  };
  // Not caught up with when late: two deltas at once would cost who relays them less than two.
  const timer = setInterval(next, cue.everyMs);
  socket.write(BEGIN, 'latin1');
  next();
  return timer;
}

/** The body of the first whole request in `received`, and how long the request is; undefined where it isn't whole. */
function requestIn(received) {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = headEnd + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd))[1]);
  return received.length < length ? undefined : { body: received.slice(headEnd + 4, length), length };
}

function serve(socket) {
  let received = '';
  let timer;
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
    const request = requestIn(received);
    if (!request) return;
    received = received.slice(request.length);
    timer = stream(socket, cueOf(JSON.parse(request.body).messages.at(-1).content));
  });
  socket.on('close', () => clearInterval(timer));
  socket.on('error', () => {}); // whoever asked may leave
}

const server = net.createServer({ noDelay: true }, serve);
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => console.log(server.address().port));
