// Accounts for the load, registered and logged in over the API.

import { Connection } from '../tests/e2e/harness/connection.mjs';

const CONNECTIONS = 32;
const BUSY = 503;
const PASSWORD = 'benchmark password';
const JSON_TYPE = { 'Content-Type': 'application/json' };

async function post(connection, target, fields, status) {
  let response;
  do response = await connection.request('POST', target, { headers: JSON_TYPE, body: JSON.stringify(fields) });
  while (response.status === BUSY); // the queue for hashing passwords is short on purpose
  if (response.status !== status) throw new Error(`${target}: ${response.status} ${response.text}`);
  return response.json();
}

/** Registers `count` accounts: [{username, password, token}]. */
export async function makeAccounts(server, prefix, count) {
  const accounts = Array.from({ length: count }, (_, at) => ({ username: `${prefix}${at}`, password: PASSWORD }));
  let next = 0;
  const worker = async () => {
    const connection = await Connection.open(server.address);
    while (next < count) {
      const account = accounts[next];
      next += 1;
      const { username, password } = account;
      await post(connection, '/api/register/', { username, password }, 201);
      account.token = (await post(connection, '/api/login/', { username, password }, 200)).token;
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: Math.min(CONNECTIONS, count) }, worker));
  return accounts;
}
