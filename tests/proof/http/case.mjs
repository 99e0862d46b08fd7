// What a case of the corpus is: bytes of a client under the rule that they are about, and what must come of them.
//
// `bytes` are in latin1, one character each. `answers` are the final responses in their order; `ends` is what is left
// of the connection after them:
//   'open'    it goes on exactly behind these bytes
//   'closed'  Parley closes it, and whatever follows is not read as a request
//   'waits'   Parley waits for the rest of a request, and gives no answer when there is none
//   'invited' the same, and it has asked for that rest (100)
// `refused` tells whether the last answer is the gate's own, before any handler: then no route counted it.

const HANDLED_WITHOUT_ROUTE = [404, 405];

const answerOf = (answer) => (typeof answer === 'number' ? { status: answer } : answer);

function makeCase(rule, name, bytes, answers, ends, refused = false) {
  const one = { rule, name, bytes, answers: answers.map(answerOf), ends, refused };
  const handled = refused ? one.answers.slice(0, -1) : one.answers;
  one.counted = handled.filter(({ status }) => !HANDLED_WITHOUT_ROUTE.includes(status)).length;
  one.title = `${rule}: ${name}`;
  return one;
}

/** Every request is answered, and the connection goes on. An answer is a status, or {status, text, id, bodiless}. */
export const passes = (rule, name, bytes, ...answers) => makeCase(rule, name, bytes, answers, 'open');

/** Every request is answered, and the connection ends after the last. */
export const passesAndCloses = (rule, name, bytes, ...answers) => makeCase(rule, name, bytes, answers, 'closed');

/** The first request, or the one after those that are answered `before`, is refused and the connection closed. */
export const refused = (rule, name, bytes, status, ...before) =>
  makeCase(rule, name, bytes, [...before, status], 'closed', true);

/** The bytes end in the middle of a request. */
export const waits = (rule, name, bytes, ...before) => makeCase(rule, name, bytes, before, 'waits');

/** The same, and the rest is asked for with 100. */
export const invited = (rule, name, bytes, ...before) => makeCase(rule, name, bytes, before, 'invited');
