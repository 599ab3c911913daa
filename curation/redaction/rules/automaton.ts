/** Finds every keyword of every rule in one pass: Aho and Corasick's automaton (1975) as a dense table over folded characters. */

import { HAS_DIGIT, MIN_RUN, RUN_STEP } from '../runs.ts';

/** What a keyword wakes: the rule's number and the keyword's length. */
export interface KeywordEntry {
  readonly keyword: string;
  readonly rule: number;
}

/** A row of the table has room for every ASCII character: `state << ROW_SHIFT` with a constant is what the scan's loop does best. */
const ROW_SHIFT = 7;
const WIDTH = 1 << ROW_SHIFT;
/** The bits of a unit that are its column. */
const COLUMN = WIDTH - 1;

/** `table[(state << ROW_SHIFT) + (units[code] & COLUMN)]` is the next state; states from `firstHit` on have hits. */
export interface Automaton {
  /** By UTF-16 unit its column of the table, in the lowest bits, and in the others what `RUN_STEP` says of it: one look tells both. */
  readonly units: Int32Array;
  /** Sixteen bits a cell where they suffice: the table is what the scan waits for. */
  readonly table: Uint16Array | Int32Array;
  readonly firstHit: number;
  /** Per state number: where its hits start in `hits`; one more entry than states. */
  readonly hitStart: Int32Array;
  /** Pairs of rule and keyword length. */
  readonly hits: Int32Array;
}

/** Writes out the character classes of a keyword: `2a0[0-9a-f]:` becomes sixteen keywords. */
export function expandKeyword(keyword: string): string[] {
  const open = keyword.indexOf('[');
  const close = keyword.indexOf(']', open + 2);
  if (open < 0 || close < 0) return [keyword];
  const members: string[] = [];
  const body = keyword.slice(open + 1, close);
  for (let i = 0; i < body.length; i++) {
    if (body[i + 1] === '-' && i + 2 < body.length) {
      for (let code = body.charCodeAt(i); code <= body.charCodeAt(i + 2); code++)
        members.push(String.fromCharCode(code));
      i += 2;
    } else members.push(body[i]!);
  }
  const rest = expandKeyword(keyword.slice(close + 1));
  return members.flatMap((member) => rest.map((tail) => keyword.slice(0, open) + member + tail));
}

/** Classes that all characters past ASCII share. */
const FOREIGN_CLASSES = 8;

/** Builds the automaton. Keywords are lower-case; capital ASCII letters of the text are folded. */
export function buildAutomaton(entries: readonly KeywordEntry[]): Automaton {
  const units = Int32Array.from(RUN_STEP);
  const classes = new Uint8Array(65_536);
  let classCount = 1;
  // Characters past ASCII share a few classes, so that words of many scripts do not need a column each; whoever is woken looks again.
  const foreign: number[] = [];
  for (const { keyword } of entries)
    for (let i = 0; i < keyword.length; i++) {
      const code = keyword.charCodeAt(i);
      if (code > 127) foreign.push(code);
      else if (classes[code] === 0) classes[code] = classCount++;
    }
  for (const code of foreign) classes[code] = classCount + (code % FOREIGN_CLASSES);
  if (foreign.length > 0) classCount += FOREIGN_CLASSES;
  for (let code = 65; code <= 90; code++) classes[code] = classes[code + 32]!;
  for (let code = 0; code < units.length; code++) units[code]! |= classes[code]!;

  // The trie, grown row by row; 0 means no child, which is safe because no child is the root.
  let trie = new Int32Array(WIDTH * 1024);
  let states = 1;
  const own: number[][] = [[]];
  for (const { keyword, rule } of entries) {
    let state = 0;
    for (let i = 0; i < keyword.length; i++) {
      const at = (state << ROW_SHIFT) + classes[keyword.charCodeAt(i)]!;
      if (trie[at] === 0) {
        if ((states + 1) * WIDTH > trie.length) {
          const grown = new Int32Array(trie.length * 2);
          grown.set(trie);
          trie = grown;
        }
        trie[at] = states++;
        own.push([]);
      }
      state = trie[at]!;
    }
    own[state]!.push(rule, keyword.length);
  }

  // Breadth first: failure links turn the trie into a complete automaton and inherit hits.
  const fail = new Int32Array(states);
  const queue = new Int32Array(states);
  let tail = 0;
  for (let c = 0; c < WIDTH; c++) if (trie[c]! > 0) queue[tail++] = trie[c]!;
  for (let head = 0; head < tail; head++) {
    const state = queue[head]!;
    own[state]!.push(...own[fail[state]!]!);
    for (let c = 0; c < WIDTH; c++) {
      const child = trie[(state << ROW_SHIFT) + c]!;
      const fallback = trie[fail[state]! * WIDTH + c]!;
      if (child > 0) {
        fail[child] = fallback;
        queue[tail++] = child;
      } else trie[(state << ROW_SHIFT) + c] = fallback;
    }
  }

  // Numbered so that states with hits come last, which one comparison in the loop tells, and shallow ones first, which a text
  // visits most and which then share cache lines.
  const number = new Int32Array(states);
  let next = 0;
  const byDepth = [0, ...queue.subarray(0, tail)];
  for (const s of byDepth) if (own[s]!.length === 0) number[s] = next++;
  const firstHit = next;
  for (const s of byDepth) if (own[s]!.length > 0) number[s] = next++;
  const table = states <= 65_536 ? new Uint16Array(states * WIDTH) : new Int32Array(states * WIDTH);
  const hitStart = new Int32Array(states + 1);
  const hits: number[] = [];
  const order = Array.from({ length: states }, (_, s) => s).sort((a, b) => number[a]! - number[b]!);
  for (const s of order) {
    hitStart[number[s]!] = hits.length;
    hits.push(...own[s]!);
    for (let c = 0; c < WIDTH; c++) table[(number[s]! << ROW_SHIFT) + c] = number[trie[s * WIDTH + c]!]!;
  }
  hitStart[states] = hits.length;
  return { units, table, firstHit, hitStart, hits: Int32Array.from(hits) };
}

/** The mark of a digit, once more: what is imported would be looked up again for every unit. */
const DIGIT = HAS_DIGIT;
/** A run of token characters that ends is as long as this where it has a digit and is not short. */
const LONG_RUN = HAS_DIGIT + MIN_RUN;
/** The most numbers that `note` writes for a unit. */
export const NOTES_A_UNIT = 4;

/** How far a pass over a text has got: the automaton's state, the length of the run of token characters with its mark, all units joined. */
export interface Sweep {
  state: number;
  run: number;
  joined: number;
}

/**
 * Notes in `places` the offsets in [from, to) behind a keyword, each with the automaton's state, and those behind a long run of token
 * characters with a digit, each with its length as a negative number; returns how many numbers that is. Goes on where `sweep` says and says
 * how far it got. A loop that does nothing else waits for the table alone.
 */
export function note(
  automaton: Automaton,
  text: string,
  from: number,
  to: number,
  sweep: Sweep,
  places: Int32Array,
): number {
  const { units, table, firstHit } = automaton;
  let { state, run, joined } = sweep;
  let count = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    joined |= code;
    const step = units[code]!;
    const next = ((run | (step & DIGIT)) + 1) & (step >> 31);
    const ended = run - next;
    run = next;
    state = table[(state << ROW_SHIFT) + (step & COLUMN)]!;
    if (state >= firstHit || ended >= LONG_RUN) {
      if (ended >= LONG_RUN) {
        places[count++] = i;
        places[count++] = DIGIT - ended;
      }
      if (state >= firstHit) {
        places[count++] = i + 1;
        places[count++] = state;
      }
    }
  }
  sweep.state = state;
  sweep.run = run;
  sweep.joined = joined;
  return count;
}

/** The length of the run that the end of the text cuts off; 0 where it is short or has no digit. */
export function openRun({ run }: Sweep): number {
  return run >= LONG_RUN ? run - HAS_DIGIT : 0;
}
