// How well two kinds of samples can be told apart, and how well chance alone would tell them apart.
//
// The area under the curve (Mann-Whitney's U over n1 n2) sees a difference of where the values lie; the best
// threshold's advantage (Kolmogorov and Smirnov's D) also sees one of how they are spread. Both bounds are at 4.5
// standard deviations of a normal distribution: chance passes one less than once in a hundred thousand runs.

const DEVIATIONS = 4.5;
const CHANCE_BEYOND = 6.8e-6; // of a normal distribution beyond them, on both sides

/** {area, advantage} of `others` over `ones`, which are times or other numbers; 0.5 and 0 where nothing differs. */
export function toldApart(ones, others) {
  const all = [...ones.map((value) => ({ value, other: 0 })), ...others.map((value) => ({ value, other: 1 }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let [onesBelow, othersBelow, advantage] = [0, 0, 0];
  for (let first = 0; first < all.length; ) {
    let next = first;
    while (next < all.length && all[next].value === all[first].value) next += 1;
    const tied = all.slice(first, next);
    const othersTied = tied.reduce((sum, { other }) => sum + other, 0);
    rankSum += othersTied * ((first + 1 + next) / 2); // the mean rank of what is tied
    othersBelow += othersTied;
    onesBelow += tied.length - othersTied;
    advantage = Math.max(advantage, Math.abs(onesBelow / ones.length - othersBelow / others.length));
    first = next;
  }
  const u = rankSum - (others.length * (others.length + 1)) / 2;
  return { area: u / (ones.length * others.length), advantage };
}

/** What chance keeps to for so many samples: |area - 0.5| and the advantage. */
export function boundsOfChance(count, otherCount) {
  const pairs = count * otherCount;
  return {
    area: DEVIATIONS * Math.sqrt((count + otherCount + 1) / (12 * pairs)),
    advantage: Math.sqrt((-Math.log(CHANCE_BEYOND / 2) / 2) * ((count + otherCount) / pairs)),
  };
}

/** Whether they are told apart better than chance would, and the figures in a sentence. */
export function judgeSamples(ones, others) {
  const { area, advantage } = toldApart(ones, others);
  const bounds = boundsOfChance(ones.length, others.length);
  const figures =
    `area ${area.toFixed(4)} (chance: 0.5 ± ${bounds.area.toFixed(4)}), ` +
    `best threshold's advantage ${advantage.toFixed(4)} (chance: up to ${bounds.advantage.toFixed(4)})`;
  return { isChance: Math.abs(area - 0.5) <= bounds.area && advantage <= bounds.advantage, area, advantage, figures };
}

/** In random order. */
export function shuffled(values) {
  const all = [...values];
  for (let left = all.length - 1; left > 0; left -= 1) {
    const taken = Math.floor(Math.random() * (left + 1));
    [all[left], all[taken]] = [all[taken], all[left]];
  }
  return all;
}
