/** Admit: from the records of a shard to judged, redacted, pseudonymous records in buckets. Private text ends here, as fingerprints at most. */
import { createHash } from 'node:crypto';
import { adapt, type AdapterOptions, type FormatName } from '../events/adapters.ts';
import { toCanonical } from '../events/canonical.ts';
import type { CanonicalEvent } from '../events/event.ts';
import { parseRecord } from '../events/parse.ts';
import { parseTime } from '../events/rfc3339.ts';
import type { SourceRecord } from '../events/records.ts';
import type { FingerprintKey, GuardMode } from '../overlap/fingerprint.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { planAt } from '../rules/consent.ts';
import type { Facts } from '../rules/facts.ts';
import type { EventJudgement, Rules } from '../rules/judge.ts';
import { drop, firstReason, KEEP, outcomeOf, type Reason, type Verdict } from '../verdict.ts';
import { originOf, privateRefusal, RemovedText, type NamedDocument, type Withheld } from './private/guarded.ts';
import { erasureKeysOf, subjectKey, type ErasureKeys } from './erasure.ts';
import { bucketOf, ContentHash, KeyedHash } from './keyed.ts';
import { dayOf, outRow, type LedgerRow } from './ledger.ts';
import { recordOf, type AdmittedRecord, type OriginKeys } from './record.ts';
import { admitText, hasText, textsOf, type AdmittedSegments } from './segments.ts';

export interface AdmitSettings {
  /** Users whose abuse a reviewer confirmed; absent where there are none. */
  isAbuse?: (userId: string) => boolean;
  rules: Rules;
  redactor: Redactor;
  adapter: AdapterOptions;
  /** Null: no fingerprints are taken. */
  guard: FingerprintKey | null;
  /** Which runs of private text leave fingerprints; all unless told. */
  guardMode?: GuardMode;
  /** Keys of 32 bytes, derived for this plan. */
  joinKey: Uint8Array;
  pseudonymKey: Uint8Array;
  buckets: number;
  /** Where plans are looked up that events do not name; absent where the run's records are not kept for a measurement by plan. */
  consents?: Pick<Facts, 'consents'>;
  /** How the record's people and repositories are found again for erasure; absent where nothing is published. */
  erasure?: ErasureKeys;
}

export interface AdmitSink {
  /** A record that is out for good: its one ledger row. */
  row(row: LedgerRow): void;
  record(bucket: number, record: AdmittedRecord): void;
  /** One input record goes on, as one event or several. */
  admitted(): void;
  fingerprint(high: number, low: number): void;
  /** Text that other shards' documents may make private. */
  withheld(text: Withheld): void;
  /** Documents that records of this shard name for a request, or for a suggestion without one; told once or several times. */
  documents(request: string, documents: readonly NamedDocument[]): void;
  /** That a suggestion belongs to a request; or, without one, that a record of it does not say. */
  link(suggestion: string, request: string | undefined): void;
  /** A redaction rule's findings. */
  redactions(counts: Record<string, number>): void;
}

/** Raw text that waits for the record which names its path is bounded; past this it is judged in assemble. */
const WAITING_CHARS = 16 << 20;

interface Waiting {
  source: number;
  line: number;
  event: CanonicalEvent;
  content: string;
  judgement: EventJudgement;
}

/** Takes the records of one shard in order; `finish` must be called at its end. Nothing here throws for a bad record. */
export class Admission {
  readonly #settings: AdmitSettings;
  readonly #sink: AdmitSink;
  readonly #join: KeyedHash;
  readonly #pseudonyms: KeyedHash;
  readonly #contents: ContentHash;
  readonly #removed: RemovedText;
  /** Documents that records of this shard name, by request: text without a path of its own is theirs. */
  readonly #documents = new Map<string, NamedDocument[]>();
  #waiting: Waiting[] = [];
  #waitingChars = 0;
  #source = { index: 0, name: '', format: 'garner' as FormatName };

  constructor(settings: AdmitSettings, sink: AdmitSink) {
    this.#settings = settings;
    this.#sink = sink;
    this.#join = new KeyedHash(settings.joinKey);
    this.#pseudonyms = new KeyedHash(settings.pseudonymKey);
    this.#contents = new ContentHash(settings.joinKey);
    const { rules, guard, guardMode = 'all' } = settings;
    this.#removed = new RemovedText(rules, guard, guardMode, sink.fingerprint.bind(sink));
  }

  /** Begins a source: `index` in the plan, `name` for the ledger. */
  source(index: number, name: string, format: FormatName): void {
    this.#source = { index, name, format };
  }

  /** One record, or why its bytes are none. */
  record(record: SourceRecord | { line: number; reason: Reason }): void {
    const { line } = record;
    if ('reason' in record) return this.#out(line, null, record.reason, `events.${record.reason}`, null);
    const parsed = parseRecord(record.bytes, record.final);
    if (!parsed.ok) return this.#out(line, null, parsed.reason, parsed.detail, null);
    const { format } = this.#source;
    const digest = format === 'garner' ? '' : createHash('sha256').update(record.bytes).digest('hex');
    const adapted = adapt(format, parsed.value, digest, this.#settings.adapter);
    if (adapted.kind === 'reason') {
      const consent = this.#consentOf(adapted.about);
      const reason = consent.keep ? adapted.reason : firstReason(adapted.reason, consent.reason);
      return this.#out(
        line,
        adapted.about.id ?? null,
        reason,
        reason === adapted.reason || consent.keep ? adapted.rule : consent.rule,
        dayRead(adapted.about.time),
      );
    }
    this.#events(line, adapted.candidates);
  }

  /** Judges what still waits for its document, and ends the shard. */
  finish(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingChars = 0;
    for (const entry of waiting) this.#admit(entry, this.#settle(entry));
    for (const [request, documents] of this.#documents) this.#sink.documents(request, documents);
    this.#documents.clear();
  }

  #events(line: number, candidates: Record<string, unknown>[]): void {
    const entries: Waiting[] = [];
    for (const candidate of candidates) {
      const valid = toCanonical(candidate);
      if (!valid.ok)
        return this.#out(line, idOf(candidate), valid.reason, `event.${valid.field}`, dayRead(candidate['time']));
      const judgement = this.#settings.rules.judgeEvent(valid.event);
      const { verdict } = judgement;
      if (!verdict.keep && outcomeOf(verdict.reason) === 'rejected') {
        this.#removed.of(valid.event, judgement.document, judgement.context);
        return this.#out(line, valid.event.id, verdict.reason, verdict.rule, dayOf(valid.event.time));
      }
      entries.push({ source: this.#source.index, line, event: valid.event, content: valid.content, judgement });
    }
    this.#sink.admitted();
    for (const entry of entries) this.#route(entry);
  }

  #route(entry: Waiting): void {
    const { event, judgement } = entry;
    const key = event.requestId ?? event.suggestionId;
    if (event.document.path !== undefined && judgement.resolvedPath !== undefined)
      addDocument(this.#documents, key, documentOf(event, judgement.resolvedPath));
    if (!isPending(judgement) || this.#documents.has(key)) return this.#admit(entry, this.#settle(entry));
    this.#waiting.push(entry);
    this.#waitingChars += textsOf(event).reduce((sum, text) => sum + text.length, 0);
    if (this.#waitingChars > WAITING_CHARS) this.finish();
  }

  /** The document's verdict once the documents of its request are known as far as this shard names them. */
  #settle({ event, judgement }: Waiting): Verdict {
    if (!isPending(judgement)) return judgement.document;
    const documents = this.#documents.get(event.requestId ?? event.suggestionId) ?? [];
    // Only what is private dies here: for other reasons documents of other shards may still make it so.
    return privateRefusal(originOf(event), event.time, documents, this.#settings.rules) ?? judgement.document;
  }

  #admit({ source, line, event, content, judgement }: Waiting, document: Verdict): void {
    const out = decide(event, judgement, document, this.#erased(event)) ?? this.#abuse(event.user.id);
    const text = hasText(event);
    const pending = isPending(judgement);
    this.#removed.of(event, judgement.document, judgement.context);
    const record = recordOf(event, { source, line, content: this.#contents.of(content), hasText: text });
    if (event.user.id !== undefined) record.user = this.#pseudonyms.of(`user:${event.user.id}`);
    if (event.user.deviceId !== undefined) record.device = this.#pseudonyms.of(`device:${event.user.deviceId}`);
    if (out) record.out = out;
    if (judgement.repository && document.keep) record.origin = this.#originKeys(judgement.repository);
    if (judgement.resolvedPath !== undefined) record.document = documentOf(event, judgement.resolvedPath);
    // Also where this shard knows enough to refuse: which paths of a request lie in one shard must make no difference.
    if (pending) record.pending = originOf(event);
    const { erasure, rules, consents } = this.#settings;
    const { user, time } = event;
    // A measurement also counts what is out for its text.
    const isPlanless = user.id !== undefined && user.plan === undefined && out?.reason !== 'rule_error';
    const knownPlan = consents && isPlanless ? planAt(consents, user.id!, time) : undefined;
    if (knownPlan) record.knownPlan = knownPlan;
    if (erasure && !out) record.erasure = erasureKeysOf(event, judgement.context, rules, erasure.hash);
    // A confirmed abuser's text goes on, since reasons of text and label come before that of abuse.
    const goesOn = text && (!out || out.reason === 'abuse');
    const admitted = goesOn || (text && pending) ? admitText(event, judgement.context, this.#settings.redactor) : null;
    if (pending && admitted) this.#guardPending(event, document, admitted);
    if (goesOn && admitted) {
      record.text = admitted.text;
      if (event.capturedFrom !== undefined || event.capturedTo !== undefined) Object.assign(record, admitted.captured);
      if (admitted.covered > 0) record.covered = admitted.covered;
      this.#sink.redactions(admitted.counts);
    }
    this.#sink.link(event.suggestionId, event.requestId);
    this.#sink.record(bucketOf(this.#join, event.requestId ?? event.suggestionId, this.#settings.buckets), record);
  }

  /** A suggestion that was erased stays out; users and repositories are the rules' to know. */
  #erased({ suggestionId }: CanonicalEvent): Verdict {
    const { erasure } = this.#settings;
    return erasure && erasure.count > 0 && erasure.erased(subjectKey('suggestion', suggestionId, erasure.hash))
      ? drop('erased', 'erasures: the suggestion')
      : KEEP;
  }

  #originKeys({ id, numericId, family, license }: NonNullable<EventJudgement['repository']>): OriginKeys {
    return {
      repository: this.#pseudonyms.of(`repository:${numericId}@${hostOf(id)}`),
      family: this.#pseudonyms.of(`repository:${family}`),
      ...(license === undefined ? {} : { license }),
    };
  }

  #guardPending(event: CanonicalEvent, document: Verdict, { text }: AdmittedSegments): void {
    if (!document.keep) return this.#removed.refused(text);
    if (!this.#settings.guard) return;
    const request = event.requestId ?? event.suggestionId;
    this.#sink.withheld({ request, origin: originOf(event), time: event.time, prints: this.#removed.withheld(text) });
  }

  #consentOf(about: { userId?: string; time?: string }): Verdict {
    const time = about.time === undefined ? NaN : Date.parse(about.time);
    if (about.userId === undefined || Number.isNaN(time)) return { keep: true };
    return this.#settings.rules.judgeConsent(about.userId, undefined, time);
  }

  #abuse(userId: string | undefined): { reason: Reason; rule: string } | undefined {
    const confirmed = userId !== undefined && this.#settings.isAbuse?.(userId) === true;
    return confirmed ? { reason: 'abuse', rule: 'review.confirmed' } : undefined;
  }

  #out(line: number, event: string | null, reason: Reason, rule: string, day: string | null): void {
    this.#sink.row(outRow(this.#source.name, line, event, reason, rule, day));
  }
}

/** The record's own reason to go: clock, consent (unless a sibling names the user), the document, and pieces where the policy says so. */
function decide(
  event: CanonicalEvent,
  judgement: EventJudgement,
  document: Verdict,
  erased: Verdict,
): { reason: Reason; rule: string } | undefined {
  const verdicts = [judgement.verdict, erased];
  if (hasText(event)) {
    verdicts.push(document, ...judgement.demands);
  }
  let first: { reason: Reason; rule: string } | undefined;
  for (const verdict of verdicts) {
    if (verdict.keep || (verdict.reason === 'unknown_user' && event.user.id === undefined)) continue;
    if (!first || firstReason(verdict.reason, first.reason) !== first.reason)
      first = { reason: verdict.reason, rule: verdict.rule };
  }
  return first;
}

/** Whether the text's path is another record's to tell, and nothing else speaks against it so far. */
function isPending({ pathPending, document }: EventJudgement): boolean {
  return pathPending && document.keep;
}

function documentOf(event: CanonicalEvent, path: string): NamedDocument {
  const { gitMode } = event.document;
  return gitMode === undefined ? { path } : { path, gitMode };
}

function addDocument(documents: Map<string, NamedDocument[]>, key: string, document: NamedDocument): void {
  const known = documents.get(key);
  if (!known) documents.set(key, [document]);
  else if (!known.some(({ path, gitMode }) => path === document.path && gitMode === document.gitMode))
    known.push(document);
}

function hostOf(repository: string): string {
  return repository.slice(0, repository.indexOf('/'));
}

/** The day of a time that a refused record gives, where it is one. */
function dayRead(time: unknown): string | null {
  const parsed = parseTime(time);
  return parsed.ok ? dayOf(parsed.at) : null;
}

function idOf(candidate: Record<string, unknown>): string | null {
  return typeof candidate['id'] === 'string' ? candidate['id'] : null;
}
