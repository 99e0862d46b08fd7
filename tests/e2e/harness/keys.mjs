// API keys for tests, made over the API.

import assert from 'node:assert/strict';

const headersOf = (token) => ({ Authorization: `Token ${token}` });

export const createKey = (person, fields) => person.server.post('/api/keys/', fields, { token: person.token });

/** A new key as it was answered, its text in `key`. */
export async function newKey(person, fields = { name: 'program' }) {
  const response = await createKey(person, fields);
  assert.equal(response.status, 201, response.text);
  return response.json();
}

/** The keys of the account, as it is shown them. */
export async function keysOf(person) {
  const response = await person.server.request('GET', '/api/keys/', { headers: headersOf(person.token) });
  assert.equal(response.status, 200, response.text);
  return response.json().keys;
}

export const endKey = (person, id, target = `/api/keys/${id}/`) =>
  person.server.request('DELETE', target, { headers: headersOf(person.token) });
