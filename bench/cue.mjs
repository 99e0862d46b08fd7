// What the benchmark's clients and its model server agree on: the question says how the answer comes, and what it says.

/** `stream`: a number of its own for each stream, so that a delta which reached another's client shows. */
export const questionOf = ({ stream, deltas, everyMs }) => JSON.stringify({ stream, deltas, everyMs });

export const cueOf = (question) => JSON.parse(question);

export const deltaText = ({ stream }, index) => `${stream}-${index} `;

export const answerText = (cue) => Array.from({ length: cue.deltas }, (_, index) => deltaText(cue, index)).join('');
