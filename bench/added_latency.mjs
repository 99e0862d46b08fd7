// What the way through Parley adds to a model server's latency: one request at a time, in turns with the same request
// sent straight to the model server, so that both meet the same machine.

import { Connection } from '../tests/e2e/harness/connection.mjs';
import { quantile } from './figures.mjs';
import { StreamClient, nowUs } from './stream_client.mjs';

const WARM_UP_ROUNDS = 50;
const WHOLE_ROUNDS = 2_000;
const STREAM_ROUNDS = 500;
const PATH = '/v1/chat/completions';

/** `direct` and `relayed` do one request and give its µs. Returns {direct: {p50Us, p99Us}, relayed, asked}. */
async function inTurns(rounds, direct, relayed) {
  const times = { direct: [], relayed: [] };
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
    const [directUs, relayedUs] = [await direct(round), await relayed(round)];
    if (round < WARM_UP_ROUNDS) continue;
    times.direct.push(directUs);
    times.relayed.push(relayedUs);
  }
  const figures = (values) => ({ p50Us: quantile(values, 0.5), p99Us: quantile(values, 0.99) });
  return { direct: figures(times.direct), relayed: figures(times.relayed), asked: WARM_UP_ROUNDS + rounds };
}

/** Of whole completions, until all of the answer is there. */
export async function wholeLatency(server, model, token) {
  const connections = {
    direct: (await Connection.open(model.address)).unjudged(),
    relayed: (await server.connect()).unjudged(),
  };
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'Hello, how are you?' }] });
  const ask = (connection) => async () => {
    const begunUs = nowUs();
    const response = await connection.request('POST', PATH, { headers, body });
    if (response.status !== 200) throw new Error(`a completion: ${response.status} ${response.text}`);
    return nowUs() - begunUs;
  };
  const figures = await inTurns(WHOLE_ROUNDS, ask(connections.direct), ask(connections.relayed));
  for (const connection of Object.values(connections)) connection.destroy();
  return figures;
}

/** Of streamed completions, until the first delta is there. */
export async function firstDeltaLatency(server, model, token) {
  const clients = { direct: await StreamClient.open(model.address), relayed: await StreamClient.open(server.address) };
  const ask = (client) => async (round) => {
    const { whole, firstUs } = await client.ask({ stream: round, deltas: 2, everyMs: 1 }, token);
    if (!whole) throw new Error('a stream was not whole');
    return firstUs;
  };
  const figures = await inTurns(STREAM_ROUNDS, ask(clients.direct), ask(clients.relayed));
  for (const client of Object.values(clients)) client.destroy();
  return figures;
}
