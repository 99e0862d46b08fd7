// The benchmark's figures as tables, and its budgets as met or missed.

const number = (value, digits = 0) =>
  Number.isFinite(value)
    ? value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '';

function printTable(header, rows) {
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at].length)));
  for (const row of [header, ...rows]) {
    console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '));
  }
  console.log();
}

/** `loads`: {name: what load() gave}; `unitUs`: CPU of one nginx request. */
export function printLoads(loads, unitUs) {
  const rows = Object.entries(loads).map(
    ([name, { perSecond, p50Us, p99Us, cpuUs, peakMb, refused, lost, fsyncsPerThousand }]) => [
      name,
      number(perSecond),
      number(p50Us),
      number(p99Us),
      number(cpuUs, 1),
      number(cpuUs / unitUs, 1),
      number(peakMb, 1),
      number(fsyncsPerThousand, 1),
      number(refused + lost),
    ],
  );
  printTable(
    ['load', 'requests/s', 'p50 µs', 'p99 µs', 'CPU µs/request', '× nginx', 'peak MB', 'fsyncs/1,000', 'refused'],
    rows,
  );
}

/** `latencies`: {name: {direct, relayed}}, each {p50Us, p99Us}. */
export function printLatencies(latencies) {
  const rows = Object.entries(latencies).map(([name, { direct, relayed }]) => [
    name,
    ...[direct.p50Us, relayed.p50Us, relayed.p50Us - direct.p50Us].map((value) => number(value)),
    ...[direct.p99Us, relayed.p99Us, relayed.p99Us - direct.p99Us].map((value) => number(value)),
  ]);
  printTable(
    ['latency, one at a time', 'direct p50 µs', 'relayed', 'added', 'direct p99 µs', 'relayed', 'added'],
    rows,
  );
}

/**
 * `streamed`: {name: what streams() and heldOpen() gave}; `unitUs`: CPU of one delta that nginx passes on. Returns
 * whether every delta arrived where it belongs.
 */
export function printStreams(streamed, unitUs) {
  const rows = Object.entries(streamed).map(([name, each]) => [
    name,
    number(each.atOnce),
    number(each.streams),
    number(each.deltas),
    number(each.requestUs, 1),
    number(each.deltaUs, 1),
    number(each.deltaUs / unitUs, 1),
    number(each.deltasPerRead, 2),
    number(each.lost),
    number(each.broken),
  ]);
  const header = ['streams', 'at once', 'in all', 'deltas', 'CPU µs/request', 'CPU µs/delta', '× nginx', 'deltas/read'];
  printTable([...header, 'deltas lost', 'streams broken'], rows);
  return Object.values(streamed).every(({ lost, broken }) => lost === 0 && broken === 0);
}

/** One line of the budgets; `least`: the value must not be below instead of not above. */
export function budget(what, value, limit, { unit = '', digits = 1, least = false } = {}) {
  return { what, value, limit, unit, digits, least, met: least ? value >= limit : value <= limit };
}

export function printBudgets(budgets) {
  const shown = ({ value, unit, digits }) => `${number(value, digits)}${unit}`;
  const rows = budgets.map((each) => [
    each.what,
    shown(each),
    `${each.least ? '≥' : '≤'} ${shown({ ...each, value: each.limit })}`,
    each.met ? 'met' : 'MISSED',
  ]);
  printTable(['budget', 'measured', 'limit', ''], rows);
}

/** `audits`: [{folder, answered, turns, charges, sound}]. Returns whether nothing was lost or charged twice. */
export function printAudits(audits) {
  const exact = ({ answered, turns, charges, sound }) => sound && answered === turns && turns === charges;
  const rows = audits.map((each) => [
    each.folder,
    number(each.answered),
    number(each.turns),
    number(each.charges),
    each.sound ? 'sound' : 'UNSOUND',
    exact(each) ? 'none lost, none charged twice' : 'DOES NOT AGREE',
  ]);
  printTable(['ledger of', 'chats answered', 'turns', 'charges', 'verify', ''], rows);
  return audits.every(exact);
}
