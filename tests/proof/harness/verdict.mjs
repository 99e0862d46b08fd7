// Sends the bytes of a case of the corpus, in any pieces, and tells what came of them.

import net from 'node:net';

import { Connection, ConnectionLost } from '../../e2e/harness/connection.mjs';
import { allRead } from './receive_queue.mjs';

const PROBE = Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\nRequest-Id: probe\r\n\r\n');

/** Half open, so that it can be reset behind the server's end: thousands of them leave nothing in TIME_WAIT. */
function open({ host, port }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new Connection(socket));
    });
  });
}

async function finalResponse(connection, one, bodiless) {
  for (;;) {
    const response = await connection.response({ bodiless });
    if (response.status >= 200) return response;
    if (response.status !== 100 || !/expect: *100-continue/i.test(one.bytes)) {
      throw new Error(`an interim response that nobody expects: ${response.status}`);
    }
  }
}

/** Of a response, what the case has an opinion on. */
const seen = (response, { text, id }) => ({
  status: response.status,
  ...(text === undefined ? {} : { text: response.text }),
  ...(id === undefined ? {} : { id: response.header('Request-Id') }),
});

const INVITATION = 'HTTP/1.1 100 Continue\r\n\r\n';

async function nothingAfter(connection, end) {
  const rest = (await connection.closed()).toString('latin1');
  return rest === '' ? end : `${end}, with more: ${rest.slice(0, 200)}`;
}

const ENDS = {
  async open(connection, one) {
    connection.write(PROBE);
    const response = await finalResponse(connection, one, false);
    const id = response.header('Request-Id');
    return response.status === 200 && id === 'probe' ? 'open' : `out of step: ${response.status} of ${id}`;
  },
  async closed(connection, one, last) {
    const end = last.header('Connection') === 'close' ? 'closed' : 'closed without saying so';
    return nothingAfter(connection, end);
  },
  async waits(connection) {
    connection.finish();
    return nothingAfter(connection, 'waits');
  },
  async invited(connection) {
    connection.finish();
    const rest = (await connection.closed()).toString('latin1');
    return rest === INVITATION ? 'invited' : `not invited: ${rest.slice(0, 200)}`;
  },
};

async function observe(connection, one) {
  const answers = [];
  let last;
  try {
    for (const answer of one.answers) {
      last = await finalResponse(connection, one, answer.bodiless);
      answers.push(seen(last, answer));
    }
    return { answers, ends: await ENDS[one.ends](connection, one, last) };
  } catch (error) {
    return { answers, ends: error instanceof ConnectionLost ? `lost: ${error.message}` : `${error}` };
  }
}

/** What must come of a case, in the words of `verdicts`. */
export const expectedOf = ({ answers, ends }) => ({
  answers: answers.map(({ status, text, id }) => ({
    status,
    ...(text === undefined ? {} : { text }),
    ...(id === undefined ? {} : { id }),
  })),
  ends,
});

/** How many requests the routes of the server count for a case that ends as it must. */
export const countedOf = ({ counted, ends }) => counted + (ends === 'open' ? 1 : 0);

/** Every piece is read before the next is sent. */
async function sendReadPieceByPiece(address, connections, plays) {
  const most = Math.max(...plays.map(({ pieces }) => pieces.length));
  for (let step = 0; step < most; step += 1) {
    if (step > 0) await allRead(address, connections);
    plays.forEach(({ pieces }, index) => {
      if (step < pieces.length) connections[index].write(pieces[step]);
    });
  }
}

/** Every piece is a segment of its own; the server may read several at once. */
async function sendPieceByPiece(address, connections, plays) {
  const most = Math.max(...plays.map(({ pieces }) => pieces.length));
  for (let step = 0; step < most; step += 1) {
    plays.forEach(({ pieces }, index) => {
      if (step < pieces.length) connections[index].write(pieces[step]);
    });
    await new Promise(setImmediate);
  }
}

/** Plays {one, pieces} all at once, each on a connection of its own; returns their verdicts. */
export async function verdicts(address, plays, { waitForEach = true } = {}) {
  const connections = await Promise.all(plays.map(() => open(address)));
  const send = waitForEach ? sendReadPieceByPiece : sendPieceByPiece;
  await send(address, connections, plays);
  return Promise.all(
    plays.map(async ({ one }, index) => {
      const verdict = await observe(connections[index], one);
      connections[index].reset();
      return verdict;
    }),
  );
}
