/** Makes one example of one user's suggestion: its text, its label, its keys; or says why it cannot be one. */
import { hasSentinel } from '../formats/example.ts';
import type { Lifecycle, LifecycleEvent } from '../labels/lifecycle.ts';
import { summarise } from '../labels/lifecycle.ts';
import { labelSuggestion } from '../labels/label.ts';
import { pairOf, type PreferencePair } from '../labels/pairs.ts';
import type { LabelRubric } from '../labels/rubric.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { Contamination } from '../selection/text/contamination.ts';
import type { ExampleMetadata } from '../selection/policy.ts';
import { duplicateText } from '../selection/text/leakage.ts';
import { signature } from '../selection/text/minhash.ts';
import { normalisedSnippet } from '../selection/text/snippet.ts';
import { EMPTY_TEXT, type ExampleText, type JudgedText, type RedactedText } from '../text.ts';
import type { Reason } from '../verdict.ts';
import type { KeyedHash } from './keyed.ts';
import { looksRenamed, stripPrivate, type PrivateOverlap } from './private/overlap.ts';
import type { AdmittedRecord } from './record.ts';
import { redactSeams } from './segments.ts';

export interface ExampleSettings {
  rubric: LabelRubric;
  redactor: Redactor;
  /** A completion that redaction covers by more than this share is out. */
  dropWhenCovered: number;
  /** Whether a format that takes preference pairs is asked for. */
  pairs: boolean;
  /** Whether rows name the path of their document. */
  paths?: boolean;
  overlap: PrivateOverlap | null;
  /** Named private corpora; nothing of them is exempt as boilerplate. */
  corpora?: readonly PrivateOverlap[];
  contamination: Pick<Contamination, 'hits'> | null;
  keys: KeyedHash;
  /** What every example id of this bucket begins with. */
  idPrefix: string;
}

/** A labelled example before selection; `label` null where only its preference pair is of use. Weights in thousandths. */
export interface AssembledExample extends ExampleText {
  example: string;
  label: 'positive' | 'negative' | null;
  weight: number;
  reason: string;
  rule: string;
  language: string;
  model: string;
  strategy: string;
  time: number;
  displayProbability?: number;
  /** SPDX id or expression of the repository's licence; empty where unknown. */
  license: string;
  /** Of the document, where rows name it. */
  path?: RedactedText;
  outcome: Lifecycle['outcome'];
  checks: Lifecycle['checks'];
  /** Keyed hashes of everybody and everything that gave something to it, sorted; never in a dataset. */
  erasure: string[];
  /** Reads like private code with other names: counted for review. */
  renamed?: true;
  pair?: { chosen: RedactedText; rejected: RedactedText; reason: string; weight: number };
}

export interface Made {
  /** The record of another suggestion of the request that gave the prompt. */
  provider?: AdmittedRecord;
  result:
    | { reason: Reason; rule: string }
    | { example: AssembledExample; metadata: ExampleMetadata; redactions: Record<string, number> };
}

/** Direction overrides and isolates (Trojan Source, CVE-2021-42574). */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/;
const RANK: Partial<Record<AdmittedRecord['type'], number>> = { generated: 0, shown: 1 };

/**
 * @param unit all records of one user's suggestion
 * @param request all records of its request: their prompts serve a suggestion that has none
 * @param usable false where a record of the unit is out already: then only the reasons of text and label are of interest
 */
export function exampleOf(
  unit: AdmittedRecord[],
  request: AdmittedRecord[],
  settings: ExampleSettings,
  usable: boolean,
): Made {
  const ordered = [...unit].sort(byTime);
  const fail = (reason: Reason, rule: string, provider?: AdmittedRecord): Made => ({
    ...(provider ? { provider } : {}),
    result: { reason, rule },
  });
  if (!usable) return fail('no_text', 'assemble.text');
  const owner = ordered.find((record) => record.text?.completion !== undefined);
  if (!owner) return fail('no_text', 'assemble.text');
  const own = ordered.find((record) => record.text?.prefix !== undefined);
  const provider = own ? undefined : promptOf(request, owner);
  const source = own ?? provider;
  if (provider?.out && provider.out.reason !== 'abuse') return fail('no_text', 'assemble.text', provider);
  let text = textOf(owner, source);
  const redactions: Record<string, number> = {};
  let covered = owner.covered ?? 0;
  if (source && source !== owner) {
    const seams = redactSeams(text.prefix, text.completion, text.suffix, settings.redactor);
    text = { ...text, prefix: seams.prefix, completion: seams.completion, suffix: seams.suffix };
    Object.assign(redactions, seams.counts);
    covered = Math.max(covered, seams.covered);
  }
  const bad = textReason(text, covered, settings);
  if (bad) return fail(bad.reason, bad.rule, provider);

  const lifecycle = summarise(
    ordered.map((record) => lifecycleEvent(record, scaleOf(owner))),
    text.completion,
  );
  const label = labelSuggestion(lifecycle, text.completion, settings.rubric);
  const pair = settings.pairs ? pairOf(lifecycle, text.completion, settings.rubric) : null;
  if (label.label === null && !pair) return fail(label.exclude ?? 'no_outcome', label.rule, provider);
  if (label.span !== undefined) text = { ...text, completion: text.completion.slice(0, label.span) as RedactedText };

  const overlaps = [...(settings.overlap ? [settings.overlap] : []), ...(settings.corpora ?? [])];
  const guarded = overlaps.length > 0 ? stripPrivate(text, pair, overlaps) : text;
  if (guarded === null) return fail('private_overlap', 'guard.overlap', provider);
  const example: AssembledExample = {
    ...guarded,
    example:
      settings.idPrefix +
      settings.keys.of(`example:${JSON.stringify([owner.user ?? '', owner.suggestion])}`).slice(0, 28),
    label: label.label,
    weight: label.label === null ? pair!.weight : label.weight,
    reason: label.reason,
    rule: label.rule,
    language: firstOf(ordered, 'language') ?? '',
    model: firstOf(ordered, 'model') ?? '',
    strategy: firstOf(ordered, 'strategy') ?? '',
    time: ordered[0]!.time,
    license: originOf(unit, owner)?.license ?? '',
    ...(settings.paths ? { path: pathOf([owner, source, ...ordered], settings.redactor, redactions) } : {}),
    outcome: lifecycle.outcome,
    checks: lifecycle.checks,
    erasure: erasureOf(provider ? [...unit, provider] : unit),
    ...(lifecycle.displayProbability === undefined ? {} : { displayProbability: lifecycle.displayProbability }),
    ...(pair ? { pair: redactedPair(pair) } : {}),
    ...(looksRenamed(guarded, overlaps) ? { renamed: true } : {}),
  };
  return {
    ...(provider ? { provider } : {}),
    result: { example, metadata: metadataOf(example, unit, owner, settings), redactions },
  };
}

function erasureOf(records: AdmittedRecord[]): string[] {
  return [...new Set(records.flatMap(({ erasure }) => erasure ?? []))].sort();
}

function byTime(a: AdmittedRecord, b: AdmittedRecord): number {
  return (
    a.time - b.time || (RANK[a.type] ?? 2) - (RANK[b.type] ?? 2) || (a.event < b.event ? -1 : a.event > b.event ? 1 : 0)
  );
}

function promptOf(request: AdmittedRecord[], owner: AdmittedRecord): AdmittedRecord | undefined {
  const same = (record: AdmittedRecord) =>
    record.user === undefined || owner.user === undefined || record.user === owner.user;
  return request
    .filter(
      (record) =>
        record.type === 'generated' && record.hasText && record.text?.completion === undefined && same(record),
    )
    .sort(byTime)
    .find((record) => record.out !== undefined || record.text?.prefix !== undefined);
}

function textOf(owner: AdmittedRecord, source: AdmittedRecord | undefined): ExampleText {
  return {
    prefix: source?.text?.prefix ?? EMPTY_TEXT,
    suffix: source?.text?.suffix ?? EMPTY_TEXT,
    completion: owner.text!.completion!,
    context: source?.text?.context ?? [],
  };
}

function textReason(
  text: ExampleText,
  covered: number,
  settings: ExampleSettings,
): { reason: Reason; rule: string } | null {
  const all = [
    text.prefix,
    text.completion,
    text.suffix,
    ...text.context.flatMap(({ path, text: piece }) => [path, piece]),
  ];
  if (text.completion.trim() === '' || all.every((part, index) => index === 1 || part.trim() === ''))
    return { reason: 'empty', rule: 'assemble.text' };
  if (all.some((part) => BIDI.test(part))) return { reason: 'bidi_control_in_code', rule: 'assemble.bidi' };
  if (covered > settings.dropWhenCovered) return { reason: 'redaction_covered', rule: 'redaction.dropWhenCovered' };
  if (all.some(hasSentinel)) return { reason: 'sentinel_text', rule: 'formats.sentinel' };
  return null;
}

/** How much redaction lengthened or shortened the completion: what was accepted is told in characters of the raw text. */
function scaleOf({ completionLength, text }: AdmittedRecord): number {
  return completionLength ? text!.completion!.length / completionLength : 1;
}

/** One literal of one shape: absent fields are undefined. */
function lifecycleEvent(record: AdmittedRecord, scale: number): LifecycleEvent {
  const { acceptedLength } = record;
  const fields = {
    type: record.type,
    time: record.time,
    id: record.event,
    displayedMs: record.displayedMs,
    acceptedLength: acceptedLength === undefined ? undefined : Math.round(acceptedLength * scale),
    typedShare: record.typedShare,
    typingDisagreed: record.typingDisagreed,
    reason: record.reason,
    afterSeconds: record.afterSeconds,
    editDistance: record.editDistance,
    branchChanged: record.branchChanged,
    displayProbability: record.displayProbability,
    capturedCode: record.text?.captured,
    capturedFrom: record.capturedFrom,
    capturedTo: record.capturedTo,
    position: record.position,
    strategy: record.strategy,
    latencyMs: record.latencyMs,
  };
  return fields as LifecycleEvent;
}

function firstOf(ordered: AdmittedRecord[], field: 'language' | 'model' | 'strategy'): string | undefined {
  return ordered.find((record) => record[field] !== undefined)?.[field];
}

/** Both sides are cut from redacted text: what a cut leaves of a placeholder is still no secret. */
function redactedPair(pair: PreferencePair): NonNullable<AssembledExample['pair']> {
  return { ...pair, chosen: pair.chosen as RedactedText, rejected: pair.rejected as RedactedText };
}

/** The first path that is named. From a slash on, so that a folder of homes at the root is seen to be one. */
function pathOf(
  records: readonly (AdmittedRecord | undefined)[],
  redactor: Redactor,
  redactions: Record<string, number>,
): RedactedText {
  const path = records.find((record) => record?.document)?.document?.path;
  if (path === undefined) return EMPTY_TEXT;
  const { fields, counts } = redactor.redact([`/${path}` as JudgedText]);
  for (const rule in counts) redactions[rule] = (redactions[rule] ?? 0) + counts[rule]!;
  return fields[0]!.slice(1) as RedactedText;
}

function originOf(unit: AdmittedRecord[], owner: AdmittedRecord) {
  return owner.origin ?? unit.find((record) => record.origin)?.origin;
}

function metadataOf(
  example: AssembledExample,
  unit: AdmittedRecord[],
  owner: AdmittedRecord,
  settings: ExampleSettings,
): ExampleMetadata {
  const { keys } = settings;
  const { prefix, completion, suffix, context } = example;
  const { signature: minhash, lexemes } = signature(duplicateText(prefix, completion));
  const origin = originOf(unit, owner);
  const device = unit.find((record) => record.device)?.device;
  return {
    example: example.example,
    label: example.label === 'positive',
    weight: example.weight,
    reason: example.reason,
    time: example.time,
    contributor: unit.find((record) => record.user)!.user!,
    ...(device === undefined ? {} : { device }),
    repository: origin?.repository ?? '',
    family: origin?.family ?? '',
    content: keys.of(
      `content:${JSON.stringify([context.map(({ path, text }) => [path, text]), prefix, suffix, completion])}`,
    ),
    snippet: keys.of(`snippet:${normalisedSnippet(completion)}`),
    lexemes,
    signature: Buffer.from(minhash.buffer, minhash.byteOffset, minhash.byteLength).toString('base64'),
    language: example.language,
    contaminated: settings.contamination?.hits(prefix + completion) ?? false,
    ...(settings.pairs && example.label !== null ? { place: keys.of(placeOf(example)) } : {}),
    bytes: Buffer.byteLength(prefix) + Buffer.byteLength(completion) + Buffer.byteLength(suffix),
  };
}

/** Where the cursor stood: all that the prompt showed. Language too, since the same empty file is another place in another one. */
function placeOf({ context, prefix, suffix, language }: AssembledExample): string {
  return `place:${JSON.stringify([language, context.map(({ path, text }) => [path, text]), prefix, suffix])}`;
}
