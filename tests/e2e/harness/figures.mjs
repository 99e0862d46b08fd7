// What `parley verify` found, as numbers.

import assert from 'node:assert/strict';

/** The figure of this name in the report of `verify`: "turns  1234" or "turns: 1,234". */
export function figure(report, name) {
  const match = new RegExp(`^\\s*${name}\\b[^\\d-\\n]*(-?[\\d,]+)`, 'im').exec(report);
  assert.ok(match, `no "${name}" in the report:\n${report}`);
  return Number(match[1].replaceAll(',', ''));
}

/** Checks that the folder is sound and that it holds this many turns, each with its charge. */
export async function expectSound(server, turns) {
  const { code, stdout, stderr } = await server.verify();
  assert.equal(code, 0, `verify says unsound:\n${stdout}${stderr}`);
  if (turns !== undefined) {
    assert.equal(figure(stdout, 'turns'), turns, stdout);
    assert.equal(figure(stdout, 'charges'), turns, stdout);
  }
}
