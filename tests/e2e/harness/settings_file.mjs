// Servers with a settings file, as an operator writes one.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { Server } from './server.mjs';
import { Upstream } from './upstream.mjs';

/** A server, not started yet, with a settings file of these lines. */
export function withFile(options, lines) {
  const server = new Server(options);
  const file = path.join(server.folder, 'parley.toml');
  writeFileSync(file, lines);
  server.args = ['--config', file];
  return server;
}

/**
 * A running server with a catalog and upstreams for it, all ended with the test. `catalog` are the lines of
 * `[[models]]`; the upstreams are its engines "upstream0", "upstream1", ….
 */
export async function serverWithCatalog(t, catalog, { upstreams = 1, settings = {} } = {}) {
  const servers = [];
  for (let i = 0; i < upstreams; ++i) {
    const upstream = await Upstream.start();
    t.after(() => upstream.stop());
    servers.push(upstream);
  }
  const engines = servers.map(({ url }, i) => `[engines.upstream${i}]\nkind = "openai"\nbase-url = "${url}"\n`);
  const server = withFile({ settings: { engine: undefined, ...settings } }, engines.join('') + catalog);
  t.after(() => server.finish());
  await server.start();
  return { server, upstreams: servers, upstream: servers[0] };
}
