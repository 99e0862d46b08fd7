// docs/openapi.json as a judge: every answer that a test sees must be one that the document has. The connections of
// this folder ask it by themselves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const FILE = new URL('../../../docs/openapi.json', import.meta.url);
export const document = JSON.parse(readFileSync(FILE, 'utf8'));

/** Of HTTP itself, or on every answer: the document's `info` tells of them, not each operation. */
const COMMON_HEADERS = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-content-type-options',
]);

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats(ajv);
ajv.addVocabulary(Object.keys(document)); // no keywords of a schema, but those of what the schemas stand in
ajv.addSchema(document, 'openapi', false, false);

const validators = new Map();

const keysOf = (pointer) =>
  pointer
    .slice('#/'.length)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
const pointerTo = (keys) => '#/' + keys.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');

/** A part of the document with the place where it stands, which a reference may have moved. */
export class Part {
  static at(pointer) {
    const keys = keysOf(pointer);
    const value = keys.reduce((found, key) => found?.[key], document);
    if (value === undefined) return undefined;
    return typeof value.$ref === 'string' && keys.at(-1) !== 'schema' ? Part.at(value.$ref) : new Part(pointer, value);
  }

  constructor(pointer, value) {
    this.pointer = pointer;
    this.value = value;
  }

  /** What is below, through references; undefined where there is no such thing. */
  below(...keys) {
    return keys.reduce((part, key) => part && Part.at(`${part.pointer}/${pointerTo([key]).slice(2)}`), this);
  }

  /** The parts below by name. */
  get entries() {
    return Object.keys(this.value).map((name) => [name, this.below(name)]);
  }

  /** As a schema: what is wrong with the value, in words; '' where nothing is. */
  faultIn(value) {
    const validate = validators.get(this.pointer) ?? ajv.compile({ $ref: `openapi${this.pointer}` });
    validators.set(this.pointer, validate);
    if (validate(value)) return '';
    return validate.errors
      .map(({ instancePath, message, params }) => {
        const what = params.additionalProperty ?? params.allowedValues?.join(', ') ?? '';
        return `${instancePath || 'the whole'} ${message}${what && ` (${what})`}`;
      })
      .join('; ');
  }
}

/** A route's path answers with and without its last slash; something stands in the braces' place. */
function patternOf(path) {
  const escaped = path.replace(/\/$/, '').replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\{\w+\}/g, '.+')}/?$`);
}

const ROUTES = Object.keys(document.paths)
  .sort((one, other) => one.includes('{') - other.includes('{'))
  .map((path) => ({ path, pattern: patternOf(path) }));

/** Every operation of the document: {name: "GET /api/me/", part}. */
export const OPERATIONS = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => ({
    name: `${method.toUpperCase()} ${path}`,
    part: Part.at(pointerTo(['paths', path, method])),
  })),
);

/** The operation of this request: {name, part, path}; no `part` for another method, nothing for another path. */
function operationFor({ method, target }) {
  const asked = target.replace(/^https?:\/\/[^/]+/, '').split('?')[0];
  const path = ROUTES.find(({ pattern }) => pattern.test(asked))?.path;
  if (path === undefined) return undefined;
  const name = method === 'HEAD' ? 'GET' : method;
  return { name: `${method} ${path}`, part: Part.at(pointerTo(['paths', path, name.toLowerCase()])), path };
}

const errorSchemaFor = (path) =>
  Part.at(`#/components/schemas/${path.startsWith('/v1/') ? 'OpenAiError' : 'Detail'}`);

/** The documented response of this status; fails where there is none. */
function responseFor({ name, part }, status) {
  const response = part.below('responses', String(status));
  if (response) return response;
  const other = part.below('responses', 'default');
  const refused = other?.value['x-statuses'].includes(status);
  assert.ok(refused, `${name} answered ${status}, which openapi.json does not have`);
  return other;
}

function checkHeaders(place, response, names, header) {
  const documented = new Map(response.below('headers').entries.map(([name, part]) => [name.toLowerCase(), part]));
  for (const [name, part] of documented) {
    const text = header(name);
    if (text === undefined) {
      assert.ok(!part.value.required, `${place} has no header ${name}, which openapi.json requires`);
      continue;
    }
    const value = part.value.schema.type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
    const fault = part.below('schema').faultIn(value);
    assert.equal(fault, '', `${place}, header ${name}: ${fault}; it is ${JSON.stringify(text)}`);
  }
  for (const name of names) {
    const known = COMMON_HEADERS.has(name) || documented.has(name);
    assert.ok(known, `${place} has a header ${name}, which openapi.json does not have`);
  }
}

const shown = (text) => (text.length > 500 ? `${text.slice(0, 500)}…` : text);

function checkJson(place, schema, text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    assert.fail(`${place} has a body that is no JSON: ${shown(text)}`);
  }
  const fault = schema.faultIn(value);
  assert.equal(fault, '', `${place} has a body that openapi.json does not have: ${fault}; it is ${shown(text)}`);
}

/** The media type's part of a response that may have content. */
function contentFor(place, response, contentType) {
  const mediaType = contentType?.split(';')[0].trim().toLowerCase();
  if (response.value.content === undefined) {
    assert.equal(mediaType, undefined, `${place} came as ${mediaType}, and openapi.json has no content for it`);
    return undefined;
  }
  const content = response.below('content', mediaType ?? '');
  assert.ok(content, `${place} came as ${mediaType}, which openapi.json does not have`);
  return content;
}

/** A judge of one answer: first its head, then its body or its events. `request`: {method, target}. */
class Judge {
  #operation;
  #place;
  #content;
  #refused = false;

  constructor(request) {
    this.#operation = operationFor(request);
  }

  /** `names` of all headers, in lower case; `header(name)` is one's value. */
  head({ status, names, header }) {
    const operation = this.#operation;
    if (operation === undefined || status < 200) return;
    this.#place = `${operation.name}, status ${status},`;
    if (operation.part === undefined) {
      this.#refused = true;
      assert.ok(status >= 400, `${operation.name} answered ${status}, and openapi.json has no such operation`);
      assert.ok(status !== 405 || header('allow') !== undefined, `${this.#place} has no header allow`);
      return;
    }
    const response = responseFor(operation, status);
    checkHeaders(this.#place, response, names, header);
    this.#content = contentFor(this.#place, response, header('content-type'));
  }

  /** The whole body; not for the answer to a HEAD. */
  body(text) {
    if (this.#refused) return checkJson(this.#place, errorSchemaFor(this.#operation.path), text);
    if (this.#place === undefined) return undefined;
    if (this.#content === undefined) return assert.equal(text, '', `${this.#place} has a body: ${shown(text)}`);
    if (this.#content.pointer.endsWith('application~1json')) {
      return checkJson(this.#place, this.#content.below('schema'), text);
    }
    if (this.#content.value['x-events']) for (const event of eventsOf(text)) this.event(event);
    return undefined;
  }

  /** One event of a stream. */
  event({ type = 'message', data }) {
    if (this.#content === undefined) return;
    const schema = this.#content.below('x-events', type);
    assert.ok(schema, `${this.#place} has an event ${type}, which openapi.json does not have`);
    let value = data;
    if (data.startsWith('{')) value = JSON.parse(data);
    const fault = schema.faultIn(value);
    assert.equal(fault, '', `${this.#place} event ${type}: ${fault}; it is ${shown(data)}`);
  }
}

function eventsOf(text) {
  return text
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => /^(event|data): /.test(line)))
    .filter((lines) => lines.length > 0)
    .map((lines) => ({
      type: lines.find((line) => line.startsWith('event: '))?.slice('event: '.length),
      data: lines
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice('data: '.length))
        .join('\n'),
    }));
}

export const judgeOf = (method, target) => new Judge({ method, target });

/** Judges a whole answer: {status, headers: {name: value} in lower case, text}. */
export function judge(method, target, { status, headers, text }) {
  const judged = judgeOf(method, target);
  judged.head({ status, names: Object.keys(headers), header: (name) => headers[name] });
  if (method !== 'HEAD') judged.body(text);
}
