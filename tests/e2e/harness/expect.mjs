// What every response of the API must look like, and how one is compared byte for byte.

import assert from 'node:assert/strict';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Status, body byte for byte, and the headers that are on every response of the API. */
export function expectAnswer(response, status, body) {
  assert.equal(`${response.status} ${response.text}`, `${status} ${body}`);
  expectCommonHeaders(response);
}

export function expectCommonHeaders(response) {
  assert.match(response.header('content-type') ?? '', /^application\/json(; ?charset=utf-8)?$/i);
  assert.equal(response.header('cache-control'), 'no-store');
  assert.match(response.header('request-id') ?? '', REQUEST_ID);
}

/** `{"<member>":"<one sentence>"}` that tells nothing of the inside. */
export function expectOneSentence(response, status, member) {
  assert.equal(response.status, status, response.text);
  expectCommonHeaders(response);
  const body = response.json();
  assert.deepEqual(Object.keys(body), [member], response.text);
  assert.match(body[member], /^[A-Z][^\n<>{}]{3,200}\.$/, response.text);
}
