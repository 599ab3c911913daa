/** Cuts secrets and personal data out of text and puts typed placeholders in their place. */
import { createHash } from 'node:crypto';
import type { JudgedText, RedactedText } from '../text.ts';
import { compileRules } from './rules/compiled.ts';
import type { RedactionRule } from './rules/rule.ts';
import type { Hit } from './hits.ts';
import { scan } from './scan.ts';
import { holdsPlaceholder, isPlaceholder } from './values/placeholders.ts';

/** Offsets are UTF-16 units of the joined text, before redaction. */
export interface Finding {
  rule: string;
  placeholder: string;
  start: number;
  end: number;
}

/** Offsets are UTF-16 units of that field, before redaction. */
export interface FieldFinding {
  rule: string;
  field: number;
  start: number;
  end: number;
}

export interface RedactionResult {
  fields: RedactedText[];
  findings: FieldFinding[];
  /** Findings by rule; one that spans several fields counts once. */
  counts: Record<string, number>;
  /** For each field the share, 0 to 1, of its characters that are no white space and were cut out. */
  covered: number[];
}

export interface Redactor {
  /** Digest of the rule set: the same rules in the same order give the same version. */
  readonly version: string;
  /** Scans each field, and the fields joined in order round their seams; a secret that straddles a seam is cut out of both sides. */
  redact(fields: JudgedText[]): RedactionResult;
  redactText(text: JudgedText): { text: RedactedText; findings: Finding[] };
}

/** Raised with any change of the engine that changes what is found by the same rules. */
const ENGINE = 7;
/** Passes until nothing more is found: what a pass cuts out can only shrink what the next one sees. */
const MAX_PASSES = 8;
/** Other places of a secret that was found are cut out too, from this length on, for at most this many secrets. */
const MIN_REPEATED = 8;
const MAX_REPEATED = 64;

interface Span extends Hit {
  placeholder: string;
}

/** Digest of rules as data. */
export function rulesVersion(rules: readonly RedactionRule[]): string {
  return createHash('sha256')
    .update(JSON.stringify([ENGINE, rules]))
    .digest('hex')
    .slice(0, 16);
}

/** Merges what overlaps; of several rules the first in the rule set names the whole. */
function merge(hits: Hit[]): Hit[] {
  hits.sort((a, b) => a.start - b.start || b.end - a.end || a.rule - b.rule);
  const merged: Hit[] = [];
  for (const hit of hits) {
    const last = merged[merged.length - 1];
    if (last === undefined || hit.start >= last.end) merged.push({ ...hit });
    else {
      last.end = Math.max(last.end, hit.end);
      last.rule = Math.min(last.rule, hit.rule);
    }
  }
  return merged;
}

/** The text with every span replaced, and for each span where its placeholder stands. */
function render(text: string, spans: readonly Span[]): { text: string; at: number[] } {
  let out = '';
  let from = 0;
  const at: number[] = [];
  for (const span of spans) {
    out += text.slice(from, span.start);
    at.push(out.length);
    out += span.placeholder;
    from = span.end;
  }
  return { text: out + text.slice(from), at };
}

/** Carries findings in a rendered text back to the text it was made from; those within placeholders vanish. */
function carryBack(hits: readonly Hit[], spans: readonly Span[], at: readonly number[]): Hit[] {
  const back = (offset: number, isEnd: boolean): number => {
    let shift = 0;
    for (let i = 0; i < spans.length; i++) {
      const start = at[i]!;
      const end = start + spans[i]!.placeholder.length;
      if (offset < start || (isEnd && offset === start)) break;
      if (isEnd ? offset <= end : offset < end) return isEnd ? spans[i]!.end : spans[i]!.start;
      shift = spans[i]!.end - end;
    }
    return offset + shift;
  };
  const carried: Hit[] = [];
  for (const hit of hits) {
    if (spans.some((span, i) => hit.start >= at[i]! && hit.end <= at[i]! + span.placeholder.length)) continue;
    carried.push({ rule: hit.rule, start: back(hit.start, false), end: back(hit.end, true) });
  }
  return carried;
}

/** Compiles rules into a redactor, which keeps no state between texts. Throws an Error that names the rule where a pattern does not compile. */
export function createRedactor(rules: RedactionRule[]): Redactor {
  const set = compileRules(rules);
  const ruleOf = (number: number): RedactionRule => set.rules[number]!.rule;

  const repeated = (text: string, hits: readonly Hit[]): Hit[] => {
    const secrets = new Map<string, number>();
    for (const hit of hits) {
      const secret = text.slice(hit.start, hit.end);
      const personal = ruleOf(hit.rule).validators.includes('personal');
      if (
        !personal &&
        secret.length >= MIN_REPEATED &&
        secret.length <= 512 &&
        secrets.size < MAX_REPEATED &&
        !/^[a-z_-]+$/.test(secret) && // a word is a word elsewhere
        !isPlaceholder(secret)
      )
        secrets.set(secret, hit.rule);
    }
    const found: Hit[] = [];
    for (const [secret, rule] of secrets)
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length))
        found.push({ rule, start: at, end: at + secret.length });
    return found;
  };

  const label = (text: string, hits: Hit[]): Span[] => {
    const addresses = new Map<string, string>();
    return merge(hits).map((hit) => {
      const { placeholder } = ruleOf(hit.rule);
      if (placeholder !== 'IP') return { ...hit, placeholder: `<${placeholder}>` };
      const address = text.slice(hit.start, hit.end);
      let synthetic = addresses.get(address);
      if (synthetic === undefined) {
        const count = addresses.size + 1;
        synthetic = address.includes(':')
          ? `fd00::${count.toString(16)}`
          : `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;
        addresses.set(address, synthetic);
      }
      return { ...hit, placeholder: synthetic };
    });
  };

  const find = (text: string, bounds: readonly number[]): Span[] => {
    let hits = scanFields(text, bounds, (part) => scan(set, part));
    if (hits.length === 0) return [];
    let spans = label(text, hits.concat(repeated(text, hits)));
    for (let pass = 1; pass < MAX_PASSES; pass++) {
      const pieces = piecesOf(spans, bounds);
      const rendered = render(text, pieces);
      const more = scanFields(rendered.text, renderedBounds(bounds, pieces), (part) => scan(set, part));
      const added = carryBack(more.concat(repeated(rendered.text, more)), pieces, rendered.at);
      if (added.length === 0) break;
      hits = (spans as Hit[]).concat(added);
      spans = label(text, hits.map(({ rule, start, end }) => ({ rule, start, end }))); // prettier-ignore
    }
    return spans;
  };

  return {
    version: rulesVersion(rules),
    redactText(text) {
      const spans = find(text, [0, text.length]);
      const findings = spans.map(({ rule, placeholder, start, end }) => ({
        rule: ruleOf(rule).id,
        placeholder,
        start,
        end,
      }));
      return { text: (spans.length === 0 ? text : render(text, spans).text) as string as RedactedText, findings };
    },
    redact(fields) {
      const text = fields.join('');
      const bounds = [0];
      for (const field of fields) bounds.push(bounds[bounds.length - 1]! + field.length);
      const spans = find(text, bounds);
      return cut(fields, text, bounds, spans, ruleOf);
    },
  };
}

/** How far before and after the seam of two fields the joined text is read: longer than any armoured key in use. */
export const SEAM_REACH = 8192;

/**
 * What each field shows alone, so that no words of a neighbour excuse it, and what the joined text shows round the seams: a secret
 * that straddles one, or whose key stands on the other side.
 */
function scanFields(text: string, bounds: readonly number[], scanned: (text: string) => Hit[]): Hit[] {
  const hits: Hit[] = [];
  const read = (from: number, to: number): void => {
    for (const hit of scanned(text.slice(from, to)))
      hits.push({ rule: hit.rule, start: hit.start + from, end: hit.end + from });
  };
  for (let index = 1; index < bounds.length; index++)
    if (bounds[index]! > bounds[index - 1]!) read(bounds[index - 1]!, bounds[index]!);
  let from = -1;
  let to = -1;
  for (const seam of bounds) {
    if (seam === 0 || seam === text.length) continue;
    const start = Math.max(0, seam - SEAM_REACH);
    if (from >= 0 && start > to) read(from, to);
    if (from < 0 || start > to) from = start;
    to = Math.min(text.length, seam + SEAM_REACH);
  }
  if (from >= 0) read(from, to);
  return hits;
}

/** The spans in pieces that each lie within one field. */
function piecesOf(spans: readonly Span[], bounds: readonly number[]): Span[] {
  return spans.flatMap((span) => {
    const inside = bounds.filter((bound) => bound > span.start && bound < span.end);
    const edges = [...new Set([span.start, ...inside, span.end])];
    return edges.slice(1).map((end, index) => ({ ...span, start: edges[index]!, end }));
  });
}

/** Where the bounds of the fields stand once the pieces are replaced. */
function renderedBounds(bounds: readonly number[], pieces: readonly Span[]): number[] {
  return bounds.map((bound) =>
    pieces.reduce(
      (at, { start, end, placeholder }) => (end <= bound ? at + placeholder.length - (end - start) : at),
      bound,
    ),
  );
}

function visibleLength(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 32 && !(code >= 9 && code <= 13)) count++;
  }
  return count;
}

/** Maps spans of the joined text back to fields; a placeholder stands in each field that lost something. */
function cut(
  fields: readonly string[],
  text: string,
  bounds: readonly number[],
  spans: readonly Span[],
  ruleOf: (n: number) => RedactionRule,
): RedactionResult {
  const result: RedactionResult = { fields: [], findings: [], counts: {}, covered: [] };
  for (const span of spans) {
    const { id } = ruleOf(span.rule);
    result.counts[id] = (result.counts[id] ?? 0) + 1;
  }
  fields.forEach((field, index) => {
    const base = bounds[index]!;
    const limit = bounds[index + 1]!;
    const own: Span[] = [];
    let hidden = 0;
    for (const span of spans) {
      if (span.end <= base || span.start >= limit) continue;
      const start = Math.max(span.start, base);
      const end = Math.min(span.end, limit);
      own.push({ ...span, start: start - base, end: end - base });
      hidden += visibleLength(text.slice(start, end));
      result.findings.push({ rule: ruleOf(span.rule).id, field: index, start: start - base, end: end - base });
    }
    result.fields.push((own.length === 0 ? field : render(field, own).text) as string as RedactedText);
    const total = own.length === 0 ? 0 : visibleLength(field);
    result.covered.push(total === 0 ? 0 : hidden / total);
  });
  return result;
}

/** True for text in which a placeholder of redaction stands. */
export { holdsPlaceholder };
