/** Chooses, from how much private text a run may see, whether all its runs of lexemes are fingerprinted or a winnowed sixth. */
import { filterBytes } from './filter.ts';
import { WINNOW_WINDOW, type GuardMode } from './fingerprint.ts';

/** Characters of source a lexeme takes at least on average; code measured 3.6 to 6, minified code 2.2. */
const CHARACTERS_A_LEXEME = 3;

export interface GuardPlan {
  mode: GuardMode;
  /** Fingerprints to size every filter of the run for. */
  expected: number;
  /** Memory of one filter, in bytes. */
  bytes: number;
  /** False where even winnowing takes more than the bound: the run needs more memory or less input. */
  fits: boolean;
}

/** The plan for an estimate of private text and a bound for one filter, both in bytes. */
export function planGuard(privateBytesEstimate: number, memoryBound: number): GuardPlan {
  const runs = Math.max(1, Math.ceil(privateBytesEstimate / CHARACTERS_A_LEXEME));
  const winnowed = Math.max(1, Math.ceil((runs * 2) / (WINNOW_WINDOW + 1)));
  // Beside all exact runs stand the normalised ones, winnowed.
  const all = privateBytesEstimate > 0 ? runs + winnowed : 1;
  const [mode, expected] = sizeOf(all) <= memoryBound ? (['all', all] as const) : (['winnow', winnowed] as const);
  const bytes = sizeOf(expected);
  return { mode, expected, bytes, fits: bytes <= memoryBound };
}

function sizeOf(expected: number): number {
  try {
    return filterBytes(expected);
  } catch {
    return Infinity;
  }
}
