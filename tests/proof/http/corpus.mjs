// All cases, in the order of the RFC.

import { cases as bodyFraming } from './body_framing.mjs';
import { cases as chunks } from './chunks.mjs';
import { cases as connections } from './connections.mjs';
import { cases as fields } from './fields.mjs';
import { cases as limits } from './limits.mjs';
import { cases as requestLine } from './request_line.mjs';
import { cases as smuggling } from './smuggling.mjs';
import { cases as targets } from './targets.mjs';

export const CORPUS = [
  ...requestLine,
  ...targets,
  ...fields,
  ...bodyFraming,
  ...chunks,
  ...connections,
  ...smuggling,
  ...limits,
];

const titles = new Set();
for (const { title } of CORPUS) {
  if (titles.has(title)) throw new Error(`two cases are called "${title}"`);
  titles.add(title);
}
