/** Finds every keyword of every rule in one pass: Aho and Corasick's automaton (1975) as a dense table over folded characters. */

/** What a keyword wakes: the rule's number and the keyword's length. */
export interface KeywordEntry {
  readonly keyword: string;
  readonly rule: number;
}

/** `table[(state << shift) + classes[code]]` is the next state; states from `firstHit` on have hits. */
export interface Automaton {
  readonly classes: Uint8Array;
  /** Sixteen bits a cell where they suffice: the table is what the scan waits for. */
  readonly table: Uint16Array | Int32Array;
  readonly firstHit: number;
  readonly shift: number;
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
  const classes = new Uint8Array(65536);
  let classCount = 1;
  // Characters past ASCII share a few classes, so that words of many scripts do not widen the table; whoever is woken looks again.
  const foreign: number[] = [];
  for (const { keyword } of entries)
    for (let i = 0; i < keyword.length; i++) {
      const code = keyword.charCodeAt(i);
      if (code > 127) foreign.push(code);
      else if (classes[code] === 0) classes[code] = classCount++;
    }
  for (const code of foreign) classes[code] = classCount + (code % FOREIGN_CLASSES);
  if (foreign.length > 0) classCount += FOREIGN_CLASSES;
  if (classCount > 255) throw new Error('keywords use more than 255 different characters');
  for (let code = 65; code <= 90; code++) classes[code] = classes[code + 32]!;
  let shift = 1;
  while (1 << shift < classCount) shift++;
  const width = 1 << shift;

  // The trie, grown row by row; 0 means no child, which is safe because no child is the root.
  let trie = new Int32Array(width * 1024);
  let states = 1;
  const own: number[][] = [[]];
  for (const { keyword, rule } of entries) {
    let state = 0;
    for (let i = 0; i < keyword.length; i++) {
      const at = state * width + classes[keyword.charCodeAt(i)]!;
      if (trie[at] === 0) {
        if ((states + 1) * width > trie.length) {
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
  for (let c = 0; c < width; c++) if (trie[c]! > 0) queue[tail++] = trie[c]!;
  for (let head = 0; head < tail; head++) {
    const state = queue[head]!;
    own[state]!.push(...own[fail[state]!]!);
    for (let c = 0; c < width; c++) {
      const child = trie[state * width + c]!;
      const fallback = trie[fail[state]! * width + c]!;
      if (child > 0) {
        fail[child] = fallback;
        queue[tail++] = child;
      } else trie[state * width + c] = fallback;
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
  const table = states <= 65_536 ? new Uint16Array(states * width) : new Int32Array(states * width);
  const hitStart = new Int32Array(states + 1);
  const hits: number[] = [];
  const order = Array.from({ length: states }, (_, s) => s).sort((a, b) => number[a]! - number[b]!);
  for (const s of order) {
    hitStart[number[s]!] = hits.length;
    hits.push(...own[s]!);
    for (let c = 0; c < width; c++) table[(number[s]! << shift) + c] = number[trie[s * width + c]!]!;
  }
  hitStart[states] = hits.length;
  return { classes, table, firstHit, shift, hitStart, hits: Int32Array.from(hits) };
}
