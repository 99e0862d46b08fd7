// What became of the holds, from the page of metrics.

import assert from 'node:assert/strict';

import { eventually } from './eventually.mjs';
import { readMetrics } from './metrics.mjs';

export async function scrape(server) {
  const response = await server.request('GET', '/metrics');
  assert.equal(response.status, 200, response.text);
  return readMetrics(response.text);
}

export async function holdsOf(server) {
  const page = await scrape(server);
  const [taken, settled, released] = ['taken', 'settled', 'released'].map((name) =>
    page.value(`parley_holds_${name}_total`),
  );
  return { taken, settled, released, open: page.value('parley_holds_open') };
}

/** Waits until no hold is open, and checks how they ended. */
export async function expectHolds(server, { settled, released }) {
  const holds = await eventually('no hold being open', async () => {
    const found = await holdsOf(server);
    return found.open === 0 && found;
  });
  assert.deepEqual(holds, { taken: settled + released, settled, released, open: 0 });
}
