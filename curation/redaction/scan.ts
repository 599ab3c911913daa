/** The scan: one pass of the automaton, bounded expressions at its hits, then the other readings of the pieces that need them. */
import { findBlock } from './detection/block.ts';
import { parts, pieceEnd } from './detection/parts.ts';
import { decoded, joined, originOf, unescaped, visible, type View } from './detection/views.ts';
import { Hits, type Hit } from './hits.ts';
import { Keys } from './keys.ts';
import { companions, passes, searched } from './match.ts';
import { note, NOTES_A_UNIT, openRun, type Sweep } from './rules/automaton.ts';
import { ESCAPE_TRIGGER, JOIN_TRIGGER, type CompiledRule, type RuleSet } from './rules/compiled.ts';
import { isGlued, isTokenUnit, runStart } from './runs.ts';
import { isRandom } from './values/randomness.ts';

/** How often a reading is read again (base64 in an escaped string in a notebook). */
const MAX_DEPTH = 3;

/** A token that the end of the text cuts off is known by a prefix and a tail of at least so many units. */
const MIN_PREFIX = 3;
const MIN_TAIL = 8;
/** Longest tail, and shortest run of characters, of which it is asked what they say. */
const MAX_TAIL = 512;
const MIN_WRAPPED = 24;
/** Shortest text, decoded, that could hold a secret. */
const MIN_DECODED = 12;
/** The further lines of a text in base64. */
const NEXT_LINES = /={0,2}(?:(?:\\n|["'+,\\\s]){1,48}[A-Za-z0-9+/_-]{16,}={0,2}){0,64}/y;

/** How much is read before what was noted is looked at, in UTF-16 units: so little that the notes stay at hand. */
const STRETCH = 8192;
/** By depth what `note` notes. */
const PLACES = Array.from({ length: MAX_DEPTH + 1 }, () => new Int32Array(NOTES_A_UNIT * STRETCH));
function isForeign(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) > 127) return true;
  return false;
}

class Scan {
  private readonly hits: Hits;
  private readonly keys: Keys;
  /** Tokens that the end of the text cuts off: they count where nothing else is found there. */
  private readonly cutOff: Hit[] = [];
  /** The bits of all units that were read, joined: under 128 for plain ASCII. */
  units = 0;
  private windows: Map<number, [number, number][]> | null = null;
  private joinedUpTo = 0;
  private unescapedUpTo = 0;
  private partedUpTo = 0;
  private readonly set: RuleSet;
  private readonly text: string;
  private readonly depth: number;

  constructor(set: RuleSet, text: string, depth: number) {
    this.set = set;
    this.text = text;
    this.depth = depth;
    this.hits = new Hits(set.rules.length);
    this.keys = new Keys(text, this.hits);
  }

  run(): Hit[] {
    const { set, text, hits } = this;
    this.keywords();
    if (set.everywhere.length > 0) this.windows ??= new Map();
    for (const number of set.everywhere) this.windows!.set(number, [[0, text.length]]);
    if (this.windows !== null)
      for (const [number, windows] of this.windows)
        for (const [from, to] of windows)
          for (const secret of searched(set.rules[number]!, text, from, to))
            hits.addElsewhere(number, secret.start, secret.end);
    for (const hit of this.cutOff) if (!hits.list.some((other) => other.end > hit.start)) hits.list.push(hit);
    return hits.list;
  }

  /** One pass over the text, a stretch at a time: first the places at which something ends are noted, then each is looked at. */
  private keywords(): void {
    const { text } = this;
    const { automaton } = this.set;
    const { hitStart, hits } = automaton;
    const places = PLACES[this.depth]!;
    const sweep: Sweep = { state: 0, run: 0, joined: 0 };
    for (let from = 0, { length } = text; from < length; from += STRETCH) {
      const count = note(automaton, text, from, Math.min(length, from + STRETCH), sweep, places);
      for (let n = 0; n < count; n += 2) {
        const end = places[n]!;
        const at = places[n + 1]!;
        if (at < 0) this.tokenRun(end + at, end);
        else
          for (let h = hitStart[at]!, last = hitStart[at + 1]!; h < last; h += 2)
            this.wake(hits[h]!, end - hits[h + 1]!, end);
      }
    }
    const open = openRun(sweep);
    if (open > 0) this.tokenRun(text.length - open, text.length);
    this.units = sweep.joined;
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
    if (start < this.hits.awakeFrom[number]!) return;
    const compiled = this.set.rules[number]!;
    if (compiled.foreign.size > 0 && isForeign(this.text, start, end)) {
      if (!compiled.foreign.has(this.text.slice(start, end).toLowerCase())) return;
    }
    switch (compiled.rule.kind) {
      case 'assignment':
        this.keys.read(number, compiled, start, end);
        break;
      case 'block': {
        const block = findBlock(this.text, start);
        if (block !== null) this.hits.add(number, block.start, block.end);
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

  private token(number: number, compiled: CompiledRule, at: number, keyword = 0): void {
    const { text } = this;
    let start = at;
    if (compiled.back !== null) {
      const floor = Math.max(0, at - 64);
      while (start > floor && compiled.back[text.charCodeAt(start - 1) & 127] === 1 && text.charCodeAt(start - 1) < 128)
        start--;
    } else if (!compiled.rule.glued && isGlued(text, at)) return;
    const { patterns, firsts } = compiled;
    const code = text.charCodeAt(start);
    for (let n = 0; n < patterns.length; n++) {
      const first = firsts[n]!;
      if (first !== null && code < 128 && first[code] === 0) continue;
      const pattern = patterns[n]!;
      pattern.lastIndex = start;
      const match = pattern.exec(text);
      if (match === null) continue;
      const { group } = compiled.rule;
      const secret = match[group];
      if (!secret) continue;
      const from = group === 0 ? start : match.index + match[0].lastIndexOf(secret);
      if (!passes(compiled, this.text, secret, from, match[0], match.index)) continue;
      if (compiled.rule.cover === 'match') this.hits.add(number, match.index, match.index + match[0].length);
      else this.hits.add(number, from, from + secret.length);
      if (compiled.companion !== null)
        for (const other of companions(text, compiled.companion, start, from + secret.length))
          this.hits.addElsewhere(number, other.start, other.end);
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
    if (text.length - from < MIN_TAIL || text.length - from > MAX_TAIL) return false;
    for (let i = from; i < text.length; i++) if (!isTokenUnit(text.charCodeAt(i))) return false;
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
      for (const part of found) this.hits.addElsewhere(number, part.start, part.end);
      return;
    }
  }

  /** A run of token characters: what matches at its start, and what it says where it is base64 or hex. */
  private tokenRun(from: number, end: number): void {
    const start = runStart(this.text, from);
    const { gate, rules, runRules } = this.set;
    gate.lastIndex = start;
    const open = gate.exec(this.text)!;
    for (const { number, group } of runRules) if (open[group] !== undefined) this.token(number, rules[number]!, start);
    if (end - start >= MIN_WRAPPED && this.depth < MAX_DEPTH) this.wrapped(start, end);
  }

  /** A run that is a text in base64 or hex is cut out whole where that text holds a secret; its continued lines go with it. */
  private wrapped(start: number, end: number): void {
    const inner = decoded(this.text, start, end);
    if (inner === null || inner.length < MIN_DECODED) return;
    const hit = scanText(this.set, inner, this.depth + 1).find(
      (found) => !this.set.rules[found.rule]!.rule.validators.includes('personal'),
    );
    if (hit === undefined) return;
    NEXT_LINES.lastIndex = end;
    this.hits.addElsewhere(hit.rule, start, end + (NEXT_LINES.exec(this.text)?.[0].length ?? 0));
  }

  private read(view: View | null): void {
    if (view === null || view.text === '') return;
    for (const hit of scanText(this.set, view.text, this.depth + 1)) {
      const { start, end } = originOf(view, hit.start, hit.end);
      this.hits.addElsewhere(hit.rule, start, end);
    }
  }
}

function scanText(set: RuleSet, text: string, depth: number): Hit[] {
  return new Scan(set, text, depth).run();
}

/**
 * Everything that the rules find in the text as it stands, and in what shows once its invisible characters are gone; in no order,
 * findings may overlap. Time is linear in the length of the text.
 */
export function scan(set: RuleSet, text: string): Hit[] {
  const whole = new Scan(set, text, 0);
  const hits = whole.run();
  const view = whole.units < 128 ? null : visible(text);
  if (view === null) return hits;
  return scanText(set, view.text, 0)
    .map(({ rule, start, end }) => ({ rule, ...originOf(view, start, end) }))
    .concat(hits);
}
