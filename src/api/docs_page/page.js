// Shows the OpenAPI document that stands in this page. All that it needs is here; text goes in as text, never as HTML.
'use strict';

const api = JSON.parse(document.getElementById('document').textContent);
/** How deep schemas are shown inside each other. */
const DEPTH_MAX = 8;

/** An element; `attributes` may be left out, children may be texts, elements and null. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
  made.append(...children.flat(Infinity).filter((child) => child != null));
  return made;
}

/** What a Reference Object stands for, members beside its $ref included. */
function resolved(value) {
  if (value?.$ref === undefined) return value;
  const { $ref, ...beside } = value;
  const keys = $ref.slice(2).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { ...resolved(keys.reduce((found, key) => found[key], api)), ...beside };
}

/** The words between backticks become code. */
function phrases(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', null, part) : part));
}

function paragraphs(text) {
  return (text ?? '').split('\n\n').filter(Boolean).map((part) => element('p', null, phrases(part)));
}

const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** "string (date-time)", "integer or null, from 1 to 200". */
function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const options = schema.enum?.map((value) => JSON.stringify(value)).join(' | ');
  if (options) return options;
  const words = [[schema.type ?? []].flat().join(' or ')];
  if (schema.format) words[0] += ` (${schema.format})`;
  const hasTop = schema.maximum !== undefined && schema.maximum !== Number.MAX_SAFE_INTEGER;
  const top = hasTop ? ` to ${schema.maximum}` : '';
  if (schema.minimum > -Number.MAX_SAFE_INTEGER) words.push(`from ${schema.minimum}${top}`);
  if (schema.pattern) words.push(`as ${schema.pattern}`);
  if (schema.default !== undefined) words.push(`default ${JSON.stringify(schema.default)}`);
  return words.join(', ');
}

/** The type, description and members of a schema. */
function schemaParts(given, depth = 0) {
  const schema = resolved(given);
  const choices = schema.anyOf ?? schema.oneOf;
  const parts = [];
  const type = choices ? 'one of' : typeOf(schema);
  if (type) parts.push(element('span', { class: 'faint' }, type));
  if (schema.description) parts.push(' ', element('span', null, phrases(schema.description)));
  if (depth >= DEPTH_MAX) return parts;
  if (choices) parts.push(members(choices.map((choice) => element('li', null, schemaParts(choice, depth + 1)))));
  if (schema.items) parts.push(members([element('li', null, 'each: ', schemaParts(schema.items, depth + 1))]));
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length > 0) {
    parts.push(members(properties.map(([name, property]) => {
      const optional = schema.required?.includes(name) ? null : element('em', { class: 'faint' }, 'optional ');
      return element('li', null, element('code', null, name), ' ', optional, schemaParts(property, depth + 1));
    })));
  }
  return parts;
}

const members = (items) => element('ul', { class: 'members' }, items);

function parameterList(parameters) {
  return members(parameters.map((parameter) => {
    const { name, in: place, required, description, schema } = resolved(parameter);
    return element('li', null, element('code', null, name), ' ',
      element('span', { class: 'faint' }, `in ${place}${required ? '' : ', optional'}: ${typeOf(resolved(schema))} `),
      element('span', null, phrases(description ?? '')));
  }));
}

/** The media types that have the same schema, together: [[names, media], …]. */
function mediaTypesOf(content) {
  const groups = new Map();
  for (const [name, media] of Object.entries(content ?? {})) {
    const key = JSON.stringify(media.schema);
    groups.set(key, [[...(groups.get(key)?.[0] ?? []), name], { ...media, ...groups.get(key)?.[1] }]);
  }
  return [...groups.values()];
}

/** Each media type with its schema, its events and an example. */
function contentParts(content) {
  return mediaTypesOf(content).map(([names, { schema, example, 'x-events': events }]) => [
    element('h4', null, names.join(' or ')),
    element('div', null, schemaParts(schema)),
    events ? members(Object.entries(events).map(([type, data]) =>
      element('li', null, 'event ', element('code', null, type), ' ', schemaParts(data)))) : null,
    example === undefined ? null : element('pre', null, textOf(example)),
  ]);
}

function responsePart(status, given) {
  const response = resolved(given);
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) =>
    element('li', null, element('code', null, name), ' ', phrases(resolved(header).description ?? '')));
  return element('details', { class: 'response' },
    element('summary', null, element('span', { class: 'status' }, status), phrases(response.description)),
    contentParts(response.content),
    headers.length > 0 ? [element('h4', null, 'Headers'), members(headers)] : null);
}

/** Within single quotes of a shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The operation asked by curl, with the examples of its parameters and body. */
function curlOf(path, method, operation) {
  const parameters = (operation.parameters ?? []).map(resolved).filter((parameter) => parameter.example !== undefined);
  const filled = parameters.filter((parameter) => parameter.in === 'path')
    .reduce((text, { name, example }) => text.replace(`{${name}}`, encodeURIComponent(example)), path);
  const body = operation.requestBody?.content['application/json'].example;
  const lines = [`curl -s ${quoted(location.origin + filled)}`];
  if (method !== 'get' && !(method === 'post' && body)) lines[0] += ` -X ${method.toUpperCase()}`;
  if (operation.security.length > 0 && body?.token === undefined) lines.push('-H "Authorization: Bearer $TOKEN"');
  for (const { name, example } of parameters.filter((parameter) => parameter.in === 'header')) {
    lines.push(`-H ${quoted(`${name}: ${example}`)}`);
  }
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return lines.join(' \\\n  ');
}

function credentialOf(operation) {
  if (operation.security.length === 0) return 'Needs no credential.';
  const inHeader = operation.security.some((scheme) => scheme.metrics) ? 'the operator\'s token' : 'a token';
  const other = operation.requestBody ? 'or `token` in the body' : 'where the client is on another machine';
  const optional = operation.security.some((scheme) => Object.keys(scheme).length === 0);
  return `Needs ${inHeader} in \`Authorization: Bearer …\`${optional ? ` ${other}` : ''}.`;
}

function operationPart(path, method, operation) {
  const summary = element('summary', null,
    element('span', { class: `method ${method}` }, method.toUpperCase()),
    element('span', { class: 'path' }, path),
    element('h3', null, operation.summary));
  const body = operation.requestBody;
  return element('details', { class: 'operation', id: operation.operationId }, summary, element('div', null,
    paragraphs(operation.description),
    element('p', null, phrases(credentialOf(operation))),
    operation.parameters ? [element('h3', null, 'Parameters'), parameterList(operation.parameters)] : null,
    body ? [element('h3', null, body.required ? 'Body' : 'Body (optional)'), contentParts(body.content)] : null,
    element('h3', null, 'With curl'), element('pre', null, curlOf(path, method, operation)),
    element('h3', null, 'Answers'),
    // Members with whole numbers as names come first in an object, hence "default" last.
    Object.entries(operation.responses).map(([status, response]) => responsePart(status, response))));
}

/** All operations with this tag, as [path, method, operation]. */
function operationsOf(tag) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => [path, method, operation]));
}

function navigationPart({ name }) {
  return element('details', window.matchMedia('(min-width: 60rem)').matches ? { open: '' } : null,
    element('summary', null, name),
    element('ul', null, operationsOf(name).map(([, , { operationId, summary }]) =>
      element('li', null, element('a', { href: `#${operationId}` }, summary)))));
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName !== 'DETAILS') return;
  target.open = true;
  target.scrollIntoView();
}

document.querySelector('header p').before(
  element('p', { class: 'faint' }, `${api.info.title} ${api.info.version}: ${api.info.summary}`));
document.querySelector('nav').append(...api.tags.map(navigationPart));
document.querySelector('main').append(...paragraphs(api.info.description),
  ...api.tags.map((tag) => element('section', null, element('h2', null, tag.name), paragraphs(tag.description),
    operationsOf(tag.name).map((found) => operationPart(...found)))));
addEventListener('hashchange', openTarget);
openTarget();
