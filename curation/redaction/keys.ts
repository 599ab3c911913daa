/** Reads what is given to the keys of a text: the value of an assignment, the cells of a column, a value near by. */
import { keyAround, readAssignment, wordBoundary } from './detection/assignment.ts';
import { keyBytes } from './detection/bytes.ts';
import { Columns } from './detection/columns.ts';
import { Nearby } from './detection/nearby.ts';
import { Reach } from './detection/reach.ts';
import { isNamedOtherwise, judge } from './judgement/judgement.ts';
import { looksSecret } from './judgement/look.ts';
import type { Hits } from './hits.ts';
import { passes } from './match.ts';
import { isPublished, isWithinData, VECTOR } from './values/context.ts';
import { namesSecret, type CompiledRule } from './rules/compiled.ts';
import type { KeyStrength } from './rules/rule.ts';
import { isPlaceholder } from './values/placeholders.ts';

/** How often the text up to one and the same end is judged as a value. */
const MAX_READS = 24;
/** How far on the next keyword is heard within a name that is too long. */
const LONG_NAME = 32;
/** How far before a key it is looked for what says that it is a published one. */
const VECTOR_REACH = 600;

/** What stands before the name of something that is not secret itself: a digest of it, the public half. */
const ANNOTATION = /(?:checksum|hash|digest|sha\d{1,3})[/.-]$|public[ _-]key $/i;

function isAnnotation(text: string, start: number): boolean {
  const last = text.charCodeAt(start - 1);
  // What the expression ends with, before it is asked.
  const may = last === 32 ? (text.charCodeAt(start - 2) | 32) === 121 : last >= 45 && last <= 47;
  return may && ANNOTATION.test(text.slice(Math.max(0, start - 12), start));
}

/** What a name ends with that is a part of the value's holder, not of the name. */
const HOLDER = /\.(?:[Tt]ext|[Vv]alue)$/;

/** Reads the keys of one text in order. */
export class Keys {
  private readonly reach = new Reach();
  private readonly columns: Columns;
  private readonly nearby: Nearby;
  /** By rule the start of the key that it read last: several keywords may stand in one key. */
  private readonly lastKey = new Map<number, number>();
  private valueEnd = -1;
  private valueReads = 0;
  private nearbyUpTo = 0;
  private readonly text: string;
  private readonly hits: Hits;

  constructor(text: string, hits: Hits) {
    this.text = text;
    this.hits = hits;
    this.columns = new Columns(text);
    this.nearby = new Nearby(text);
  }

  /** Reads the key that the rule's keyword at [from, to) stands in. */
  read(number: number, compiled: CompiledRule, from: number, to: number): void {
    const { text } = this;
    const { rule } = compiled;
    const short = to - from <= 4 || rule.strength === 'weak';
    if (short && from > 0 && !wordBoundary(text, from)) return;
    if (!wordBoundary(text, to) && !(text.charCodeAt(to) === 115 && wordBoundary(text, to + 1))) return;
    const key = keyAround(text, from, to);
    if (key === null) {
      this.hits.awakeFrom[number] = to + LONG_NAME;
      return;
    }
    if (this.lastKey.get(number) === key.start) return;
    this.lastKey.set(number, key.start);
    let name = text.slice(key.start, key.end);
    if (name.includes('.')) name = name.replace(HOLDER, '');
    if (!namesSecret(compiled, name)) return;
    if (isAnnotation(text, key.start) || isWithinData(text, from)) return;
    const strength = rule.strength ?? 'secret';
    if (strength !== 'password') {
      const bytes = keyBytes(text, name, key.end);
      if (bytes !== null) {
        const lead = text.slice(Math.max(0, key.start - VECTOR_REACH), key.start);
        if (!VECTOR.test(lead)) this.hits.add(number, bytes.start, bytes.end);
        return;
      }
    }
    const reachesOn = compiled.value === null && strength !== 'weak' && rule.validators.length === 0;
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
        if (passes(compiled, text, value, found.start, value, found.start))
          this.hits.add(number, found.start, found.end);
        return;
      }
      if (!reachesOn || (found.quoted && !found.called && (found.form === 'assign' || found.form === 'markup'))) return;
      if (found.form !== 'line' && isPlaceholder(value)) return;
    }
    if (reachesOn) this.elsewhere(number, compiled, key.start, key.end, strength);
  }

  /** What belongs to a key that nothing is assigned to: the cells below it, or a value near it. */
  private elsewhere(number: number, compiled: CompiledRule, start: number, end: number, strength: KeyStrength): void {
    const { text } = this;
    const cells = this.columns.below(start, end);
    for (const cell of cells) {
      const value = text.slice(cell.start, cell.end);
      if (isCellSecret(text, cell, strength) && passes(compiled, text, value, cell.start, value, cell.start))
        this.hits.addElsewhere(number, cell.start, cell.end);
    }
    if (cells.length > 0 || start < this.nearbyUpTo) return;
    const found = this.nearby.of(start, end, strength);
    if (found === null) {
      this.nearbyUpTo = end + 8;
      return;
    }
    const value = text.slice(found.start, found.end);
    if (
      isNamedOtherwise(text, found.start, strength) ||
      (strength !== 'password' && isPublished(value, text, found.start))
    )
      return;
    if (passes(compiled, text, value, found.start, value, found.start))
      this.hits.addElsewhere(number, found.start, found.end);
  }
}

/** True for a cell that holds a secret; a heading says as much of it as a quoted assignment does. */
function isCellSecret(text: string, cell: { start: number; end: number }, strength: KeyStrength): boolean {
  const value = text.slice(cell.start, cell.end);
  return looksSecret(value, strength, true) || judge(text, { ...cell, keyStart: cell.start, keyEnd: cell.start, quoted: true, form: 'assign', wholeLine: true, called: false }, strength); // prettier-ignore
}
