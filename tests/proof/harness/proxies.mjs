// nginx and haproxy as they stand in front of Parley: on a free port, in the foreground, with everything that they
// write in a folder of their own.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { endsWithin, start } from '../../e2e/harness/children.mjs';
import { Connection } from '../../e2e/harness/connection.mjs';
import { eventually } from '../../e2e/harness/eventually.mjs';
import { temporaryFolder } from '../../e2e/harness/server.mjs';
import { MADE } from './tap.mjs';

const STOP_MS_MAX = 5_000;
/** For a client that leaves a request unfinished. */
const PATIENCE_SECONDS = 2;
/** For Parley's answer. haproxy waits for one even while its client leaves a body unfinished. */
const SERVER_SECONDS = 8;

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const nginx =
  (more = '') =>
  ({ folder, port, upstream }) => ({
    file: 'nginx.conf',
    command: ['nginx', '-p', folder, '-c', `${folder}/nginx.conf`],
    text: `
master_process off; # one process, which can be killed without leaving another behind
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_header_timeout ${PATIENCE_SECONDS}s;
  client_body_timeout ${PATIENCE_SECONDS}s;
  keepalive_timeout ${PATIENCE_SECONDS}s;
  lingering_timeout 1s;
  client_max_body_size 2m;
  upstream parley { server ${upstream.host}:${upstream.port}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://parley;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header Request-Id ${MADE}$request_id;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      ${more}
    }
  }
}
`,
  });

const haproxy =
  (more = '') =>
  ({ folder, port, upstream }) => ({
    file: 'haproxy.cfg',
    command: ['haproxy', '-db', '-f', `${folder}/haproxy.cfg`],
    text: `
global
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout server ${SERVER_SECONDS}s
  timeout client ${PATIENCE_SECONDS}s
  timeout http-request ${PATIENCE_SECONDS}s
  timeout http-keep-alive ${PATIENCE_SECONDS}s
frontend clients
  bind 127.0.0.1:${port}
  option forwardfor
  http-request set-header Request-Id ${MADE}%[uuid()]
  ${more}
  default_backend parley
backend parley
  http-reuse always
  server parley ${upstream.host}:${upstream.port}
`,
  });

/** As it is usually set up, and as it lets more through. */
export const PROXIES = {
  nginx: nginx(),
  'nginx that passes bodies on as they come': nginx('proxy_request_buffering off;'),
  haproxy: haproxy(),
  'haproxy that lets invalid requests through': haproxy('option accept-invalid-http-request'),
};

export class Proxy {
  /** `kind`: one of PROXIES; `upstream`: where it sends requests to. */
  static async start(kind, upstream) {
    const proxy = new Proxy();
    const folder = temporaryFolder();
    proxy.address = { host: '127.0.0.1', port: await freePort() };
    const { file, command, text } = PROXIES[kind]({ folder, port: proxy.address.port, upstream });
    writeFileSync(path.join(folder, file), text);
    proxy.child = start(command[0], command.slice(1));
    await eventually(`${kind} to listen`, async () => {
      if (proxy.child.exitCode !== null) assert.fail(`${kind} did not start: ${proxy.child.stderrText}`);
      const connection = await proxy.connect().catch(() => null);
      connection?.destroy();
      return connection;
    });
    return proxy;
  }

  /** What is asked over it is asked in words of the API, but the proxy may answer itself. */
  async connect() {
    return (await Connection.open(this.address)).unjudged();
  }

  async stop() {
    this.child.kill('SIGTERM');
    if (!(await endsWithin(this.child, STOP_MS_MAX))) this.child.kill('SIGKILL');
    await this.child.ended;
  }
}
