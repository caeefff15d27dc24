/** Longer words are nobody's slip of the finger, and a distance to them is dear. */
const LONGEST_WORD = 64;

/**
 * What `word` was probably meant to be: the candidate with the fewest slips (a letter too much, too few, wrong, or two
 * swapped), whatever the case, the first of equals. `undefined` where it takes more than `most` slips, half the letters
 * if absent.
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  most = Math.ceil(word.length / 2),
): string | undefined {
  if (word === '' || word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let fewest = most + 1;
  for (const candidate of candidates) {
    const slips = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (slips < fewest) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

/** Optimal string alignment: Levenshtein's distance with swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, at(previous, j - 1) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(beforePrevious, j - 2) + 1);
      }
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
