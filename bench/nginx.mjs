// The yardstick: nginx that does nothing but `return 200`, that plays the model behind the relay, and that passes
// streams on as a proxy does.

import { mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { endsWithin, start } from '../tests/e2e/harness/children.mjs';
import { eventually } from '../tests/e2e/harness/eventually.mjs';
import { completion } from '../tests/e2e/harness/upstream.mjs';

const STOP_MS_MAX = 5_000;
export const STREAMS_PATH = '/streams/';

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const KEPT_OPEN_MAX = 256;

/** `model`: the address of what streams. */
const configuration = (folder, port, model) => `
master_process off; # one process, which can be killed without leaving another behind
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  default_type application/json;
  upstream model { server ${model.host}:${model.port}; keepalive ${KEPT_OPEN_MAX}; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { return 200 '{"token_balance":4000}'; }
    location /v1/ { return 200 '${completion('An answer of about the usual length of a short one.')}'; }
    location ${STREAMS_PATH} {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;

export class Nginx {
  static async start(folder, model) {
    const nginx = new Nginx();
    mkdirSync(folder, { recursive: true });
    nginx.address = { host: '127.0.0.1', port: await freePort() };
    nginx.url = `http://127.0.0.1:${nginx.address.port}`;
    const file = path.join(folder, 'nginx.conf');
    writeFileSync(file, configuration(folder, nginx.address.port, model.address));
    nginx.child = start('nginx', ['-p', folder, '-c', file]);
    await eventually('nginx', () =>
      fetch(nginx.url).then(
        (response) => response.ok,
        () => false,
      ),
    );
    nginx.pid = nginx.child.pid;
    return nginx;
  }

  async stop() {
    this.child.kill('SIGTERM');
    if (!(await endsWithin(this.child, STOP_MS_MAX))) this.child.kill('SIGKILL');
  }
}
