/** The scan: one pass of the automaton, bounded expressions at its hits, then the other readings of the pieces that need them. */
import { keyAround, readAssignment, wordBoundary } from './detection/assignment.ts';
import { findBlock } from './detection/block.ts';
import { companions, passes } from './match.ts';
import { column } from './detection/columns.ts';
import { nearby } from './detection/nearby.ts';
import { parts, pieceEnd } from './detection/parts.ts';
import { ESCAPE_TRIGGER, JOIN_TRIGGER, namesSecret, type CompiledRule, type RuleSet } from './compiled.ts';
import { judge, looksSecret } from './detection/judgement.ts';
import { holdsPlaceholder, isPlaceholder } from './values/placeholders.ts';
import { isRandom } from './values/randomness.ts';
import type { KeyStrength } from './rule.ts';
import { Reach } from './detection/reach.ts';
import { decoded, joined, unescaped, type View } from './detection/views.ts';

/** What was found, by the number of its rule; offsets in UTF-16 units of the scanned text. */
export interface Hit {
  rule: number;
  start: number;
  end: number;
}

/** How often a reading is read again (base64 in an escaped string in a notebook). */
const MAX_DEPTH = 3;
const MIN_RUN = 13;
/** How often the text up to one and the same end is judged as a value. */
const MAX_READS = 24;

/** A token that the end of the text cuts off is known by a prefix and a tail of at least so many units. */
const MIN_PREFIX = 3;
const MIN_TAIL = 8;

/** What stands before the name of something that is not secret itself: a digest of it, the public half. */
const ANNOTATION = /(?:checksum|hash|digest|sha\d{1,3})[/.-]$|public[ _-]key $/i;

const TOKEN = new Uint8Array(128); // 1 letter, 2 digit, 4 other token character
for (let code = 48; code < 123; code++) {
  if (code < 58) TOKEN[code] = 2;
  else if ((code >= 65 && code <= 90) || code >= 97) TOKEN[code] = 1;
}
for (const char of '+/_-') TOKEN[char.charCodeAt(0)] = 4;
const tokenKind = (code: number): number => (code < 128 ? TOKEN[code]! : 0);

/** True where a letter or digit right before `at` makes the match a part of something longer; the letter of `\n` does not. */
function isGlued(text: string, at: number): boolean {
  if (at === 0) return false;
  const kind = tokenKind(text.charCodeAt(at - 1));
  if (kind !== 1 && kind !== 2) return false;
  return !(text.charCodeAt(at - 2) === 92 && /[nrt]/.test(text[at - 1]!));
}

function isForeign(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) > 127) return true;
  return false;
}

class Scan {
  private readonly hits: Hit[] = [];
  /** Tokens that the end of the text cuts off: they count where nothing else is found there. */
  private readonly cutOff: Hit[] = [];
  private readonly lastEnd: Int32Array;
  private windows: Map<number, [number, number][]> | null = null;
  private readonly reach = new Reach();
  private valueEnd = -1;
  private valueReads = 0;
  private joinedUpTo = 0;
  private unescapedUpTo = 0;
  private columnsUpTo = 0;
  private headingEnd = 0;
  private nearbyUpTo = 0;
  private partedUpTo = 0;
  private readonly set: RuleSet;
  private readonly text: string;
  private readonly depth: number;

  constructor(set: RuleSet, text: string, depth: number) {
    this.set = set;
    this.text = text;
    this.depth = depth;
    this.lastEnd = new Int32Array(set.rules.length);
  }

  run(): Hit[] {
    this.keywords();
    this.runs();
    if (this.set.everywhere.length > 0) this.windows ??= new Map();
    for (const number of this.set.everywhere) this.windows!.set(number, [[0, this.text.length]]);
    if (this.windows !== null)
      for (const [number, windows] of this.windows) for (const [from, to] of windows) this.search(number, from, to);
    for (const hit of this.cutOff) if (!this.hits.some((other) => other.end > hit.start)) this.hits.push(hit);
    return this.hits;
  }

  private keywords(): void {
    const { text } = this;
    const { classes, table, firstHit, shift, hitStart, hits } = this.set.automaton;
    let state = 0;
    for (let i = 0, length = text.length; i < length; i++) {
      state = table[(state << shift) + classes[text.charCodeAt(i)]!]!;
      if (state < firstHit) continue;
      for (let h = hitStart[state]!, last = hitStart[state + 1]!; h < last; h += 2) {
        this.wake(hits[h]!, i + 1 - hits[h + 1]!, i + 1);
      }
    }
  }

  private wake(number: number, start: number, end: number): void {
    if (number >= JOIN_TRIGGER) {
      if (this.depth >= MAX_DEPTH) return;
      if (number === JOIN_TRIGGER && start >= this.joinedUpTo) {
        const view = joined(this.text, start);
        if (view !== null) this.joinedUpTo = view.upTo;
        this.read(view);
      } else if (number === ESCAPE_TRIGGER && start >= this.unescapedUpTo) {
        const view = unescaped(this.text, start, this.unescapedUpTo);
        if (view !== null) this.unescapedUpTo = view.upTo;
        this.read(view);
      }
      return;
    }
    if (start < this.lastEnd[number]!) return;
    const compiled = this.set.rules[number]!;
    if (compiled.foreign.size > 0 && isForeign(this.text, start, end)) {
      if (!compiled.foreign.has(this.text.slice(start, end).toLowerCase())) return;
    }
    switch (compiled.rule.kind) {
      case 'assignment':
        this.assignment(number, compiled, start, end);
        break;
      case 'block': {
        const block = findBlock(this.text, start);
        if (block !== null) this.add(number, block.start, block.end);
        break;
      }
      case 'token':
      case 'run':
        this.token(number, compiled, start, end - start);
        break;
      case 'near': {
        this.windows ??= new Map();
        const windows = this.windows.get(number) ?? [];
        const from = Math.max(0, start - compiled.rule.before);
        const to = Math.min(this.text.length, end + compiled.rule.after);
        const last = windows[windows.length - 1];
        if (last !== undefined && from <= last[1]) last[1] = to;
        else windows.push([from, to]);
        this.windows.set(number, windows);
        break;
      }
    }
  }

  private add(number: number, start: number, end: number): void {
    this.hits.push({ rule: number, start, end });
    this.lastEnd[number] = end;
  }

  private token(number: number, compiled: CompiledRule, at: number, keyword = 0): void {
    const { text } = this;
    let start = at;
    if (compiled.back !== null) {
      const floor = Math.max(0, at - 64);
      while (start > floor && compiled.back[text.charCodeAt(start - 1) & 127] === 1 && text.charCodeAt(start - 1) < 128)
        start--;
    } else if (!compiled.rule.glued && isGlued(text, at)) return;
    for (const pattern of compiled.patterns) {
      pattern.lastIndex = start;
      const match = pattern.exec(text);
      if (match === null) continue;
      const { group } = compiled.rule;
      const secret = match[group];
      if (!secret) continue;
      const from = group === 0 ? start : match.index + match[0].lastIndexOf(secret);
      if (!passes(compiled, this.text, secret, from, match[0], match.index)) continue;
      if (compiled.rule.cover === 'match') this.add(number, match.index, match.index + match[0].length);
      else this.add(number, from, from + secret.length);
      if (compiled.companion !== null)
        for (const other of companions(text, compiled.companion, start, from + secret.length))
          this.hits.push({ rule: number, ...other });
      if (group === 0 && compiled.prefixed) this.parted(number, compiled, start);
      return;
    }
    if (!compiled.prefixed) return;
    if (keyword >= MIN_PREFIX && this.isCutOff(start + keyword))
      this.cutOff.push({ rule: number, start, end: text.length });
    else this.parted(number, compiled, start);
  }

  /** True where the text ends within a token: its prefix stands there, and what follows looks made by a generator. */
  private isCutOff(from: number): boolean {
    const { text } = this;
    if (text.length - from < MIN_TAIL || text.length - from > 512) return false;
    for (let i = from; i < text.length; i++) if (tokenKind(text.charCodeAt(i)) === 0) return false;
    return isRandom(text.slice(from)) || isRandom(text.slice(from + 4));
  }

  /** A token whose parts stand in several variables. */
  private parted(number: number, compiled: CompiledRule, at: number): void {
    // Within one run of token characters the first place decides for all.
    if (at < this.partedUpTo) return;
    const found = parts(this.text, at);
    if (found === null) {
      this.partedUpTo = pieceEnd(this.text, at);
      return;
    }
    const whole = found.map((part) => this.text.slice(part.start, part.end)).join('');
    for (const pattern of compiled.patterns) {
      pattern.lastIndex = 0;
      const match = pattern.exec(whole);
      if (match === null || !compiled.validators.every((validator) => validator(match[0], whole, 0, match[0].length)))
        continue;
      for (const part of found) this.hits.push({ rule: number, ...part });
      return;
    }
  }

  private assignment(number: number, compiled: CompiledRule, from: number, to: number): void {
    const { text } = this;
    const { rule } = compiled;
    const short = to - from <= 4 || rule.strength === 'weak';
    if (short && from > 0 && !wordBoundary(text, from)) return;
    if (!wordBoundary(text, to) && !(text[to] === 's' && wordBoundary(text, to + 1))) return;
    const key = keyAround(text, from, to);
    if (key === null) {
      this.lastEnd[number] = to + 32; // within one long name: look again further on
      return;
    }
    const name = text.slice(key.start, key.end).replace(/\.(?:[Tt]ext|[Vv]alue)$/, '');
    if (ANNOTATION.test(text.slice(Math.max(0, key.start - 12), key.start))) return;
    if (!namesSecret(compiled, name)) return;
    const strength = rule.strength ?? 'secret';
    const found = readAssignment(text, key.start, key.end, this.reach, strength !== 'weak');
    if (found !== null && found.end > found.start) {
      // A value in which keys follow one another without a gap is judged for the first few of them only.
      if (found.end === this.valueEnd) {
        if (++this.valueReads > MAX_READS) return;
      } else {
        this.valueEnd = found.end;
        this.valueReads = 0;
      }
      const value = text.slice(found.start, found.end);
      if (compiled.value !== null ? compiled.value.test(value) : judge(text, found, strength)) {
        if (passes(compiled, this.text, value, found.start, value, found.start))
          this.add(number, found.start, found.end);
        return;
      }
      if (found.form !== 'line' && isPlaceholder(value)) return;
      if (found.quoted && !found.called && (found.form === 'assign' || found.form === 'markup')) return;
    }
    if (compiled.value === null && strength !== 'weak' && rule.validators.length === 0)
      this.elsewhere(number, compiled, key.start, key.end, strength);
  }

  /** What belongs to a key that nothing is assigned to: the cells below it, or a value near it. */
  private elsewhere(number: number, compiled: CompiledRule, start: number, end: number, strength: KeyStrength): void {
    const { text } = this;
    if (start >= this.columnsUpTo || start < this.headingEnd) {
      const below = column(text, start, end);
      if (below === null) this.columnsUpTo = Math.max(this.columnsUpTo, end + 16);
      else {
        this.columnsUpTo = below.upTo;
        this.headingEnd = below.headingEnd;
        for (const cell of below.cells) {
          const value = text.slice(cell.start, cell.end);
          if (isCellSecret(text, cell, strength) && passes(compiled, this.text, value, cell.start, value, cell.start))
            this.hits.push({ rule: number, ...cell });
        }
        if (below.cells.length > 0) return;
      }
    }
    if (start < this.nearbyUpTo) return;
    const found = nearby(text, start, end, strength);
    if (found === null) {
      this.nearbyUpTo = end + 8;
      return;
    }
    const value = text.slice(found.start, found.end);
    if (passes(compiled, this.text, value, found.start, value, found.start)) this.hits.push({ rule: number, ...found });
  }

  /** Searches a `near` pattern in a window; the secret is the first group that has text where the rule names none. */
  private search(number: number, from: number, to: number): void {
    const compiled = this.set.rules[number]!;
    const piece = this.text.slice(from, to);
    for (const pattern of compiled.patterns) {
      pattern.lastIndex = 0;
      for (let match = pattern.exec(piece); match !== null; match = pattern.exec(piece)) {
        if (match[0] === '') {
          pattern.lastIndex++;
          continue;
        }
        const { group } = compiled.rule;
        const secret =
          group > 0 ? match[group] : (match.slice(1).find((part) => part !== undefined && part !== '') ?? match[0]);
        if (!secret || holdsPlaceholder(secret)) continue;
        const at = from + match.index + match[0].indexOf(secret);
        if (passes(compiled, this.text, secret, at, match[0], from + match.index))
          this.hits.push({ rule: number, start: at, end: at + secret.length });
      }
    }
  }

  /** Looks at every twelfth unit for unbroken runs of 13 or more token characters with a digit. */
  private runs(): void {
    const { text } = this;
    for (let i = MIN_RUN - 1, length = text.length; i < length; i += MIN_RUN) {
      const code = text.charCodeAt(i);
      if (code > 127 || TOKEN[code] === 0) continue;
      let kinds = 0;
      let start = i;
      let end = i;
      for (; start > 0; start--) {
        const kind = tokenKind(text.charCodeAt(start - 1));
        if (kind === 0) break;
        kinds |= kind;
      }
      for (; end < length; end++) {
        const kind = tokenKind(text.charCodeAt(end));
        if (kind === 0) break;
        kinds |= kind;
      }
      const hasDigit = (kinds & 2) !== 0;
      i = end;
      if (end - start < MIN_RUN || !hasDigit) continue;
      if (text.charCodeAt(start - 1) === 92 && /[nrt]/.test(text[start]!)) start++;
      for (const number of this.set.runRules) this.token(number, this.set.rules[number]!, start);
      if (end - start >= 24 && this.depth < MAX_DEPTH) this.wrapped(start, end);
    }
  }

  /** A run that is a text in base64 or hex is cut out whole where that text holds a secret; its continued lines go with it. */
  private wrapped(start: number, end: number): void {
    const inner = decoded(this.text, start, end);
    if (inner === null || inner.length < 12) return;
    const hit = scanText(this.set, inner, this.depth + 1).find(
      (found) => !this.set.rules[found.rule]!.rule.validators.includes('personal'),
    );
    if (hit === undefined) return;
    const next = /={0,2}(?:(?:\\n|["'+,\\\s]){1,48}[A-Za-z0-9+/_-]{16,}={0,2}){0,64}/y;
    next.lastIndex = end;
    this.hits.push({ rule: hit.rule, start, end: end + (next.exec(this.text)?.[0].length ?? 0) });
  }

  private read(view: View | null): void {
    if (view === null || view.text === '') return;
    for (const hit of scanText(this.set, view.text, this.depth + 1)) {
      this.hits.push({ rule: hit.rule, start: view.starts[hit.start]!, end: view.ends[hit.end - 1]! });
    }
  }
}

/** True for a cell that holds a secret; a heading says as much of it as a quoted assignment does. */
function isCellSecret(text: string, cell: { start: number; end: number }, strength: KeyStrength): boolean {
  const value = text.slice(cell.start, cell.end);
  return looksSecret(value, strength, true) || judge(text, { ...cell, keyStart: cell.start, keyEnd: cell.start, quoted: true, form: 'assign', wholeLine: true, called: false }, strength); // prettier-ignore
}

/** Everything that the rules find in the text, in no order; findings may overlap. Time is linear in the length of the text. */
export function scanText(set: RuleSet, text: string, depth = 0): Hit[] {
  return new Scan(set, text, depth).run();
}
