/** Admits records for a measurement: judged by consent, reduced to what the purpose may know. Text ends here. */
import { createHash } from 'node:crypto';
import { adapt, type AdapterOptions, type FormatName } from '../../events/adapters.ts';
import { toCanonical } from '../../events/canonical.ts';
import type { CanonicalEvent } from '../../events/event.ts';
import { parseRecord } from '../../events/parse.ts';
import type { SourceRecord } from '../../events/records.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { planAt } from '../../rules/consent.ts';
import { CLOCK_TOLERANCE, type Rules } from '../../rules/judge.ts';
import type { Facts } from '../../rules/facts.ts';
import { parseRemote, type HostPolicy } from '../../rules/repository/remote.ts';
import { bucketOf, KeyedHash } from '../../stages/keyed.ts';
import { outRow, type LedgerRow } from '../../stages/ledger.ts';
import type { JudgedText } from '../../text.ts';
import { drop, firstReason, type Reason, type Verdict } from '../../verdict.ts';
import { judgePurposeConsent, plannedOut, type PurposeConsent } from './consent.ts';
import type { OutcomeEvent } from './event.ts';
import { labelled, type MeasuredPurpose, type Pseudonym } from './field.ts';
import { frameworkOf, shapeOf, sizeOf, templateOf } from './text.ts';

export interface MeasureAdmitSettings {
  purpose: MeasuredPurpose;
  consent: PurposeConsent;
  facts: Facts;
  /** For related-products: what text is about is said of public text alone. */
  rules: Rules;
  redactor: Redactor;
  /** So that every spelling of a remote has one pseudonym. */
  hosts: HostPolicy;
  adapter: AdapterOptions;
  now: number;
  joinKey: Uint8Array;
  /** Of users. */
  pseudonymKey: Uint8Array;
  /** The pseudonym of a user in a case that reviewers have; it stays, so that their word does. */
  knownSubject?: (userId: string) => string | undefined;
  buckets: number;
}

export interface MeasureSink {
  row(row: LedgerRow): void;
  event(bucket: number, event: OutcomeEvent): void;
  /** One input record goes on, as one event or several. */
  admitted(): void;
}

/** The name under which the pseudonym of a user is made; a confirmed cohort is kept by the same. */
export const subjectName = (userId: string): string => `user:${userId}`;

export class MeasureAdmission {
  readonly #settings: MeasureAdmitSettings;
  readonly #sink: MeasureSink;
  readonly #join: KeyedHash;
  readonly #pseudonyms: KeyedHash;
  #source = { index: 0, name: '', format: 'garner' as FormatName };

  constructor(settings: MeasureAdmitSettings, sink: MeasureSink) {
    this.#settings = settings;
    this.#sink = sink;
    this.#join = new KeyedHash(settings.joinKey);
    this.#pseudonyms = new KeyedHash(settings.pseudonymKey);
  }

  source(index: number, name: string, format: FormatName): void {
    this.#source = { index, name, format };
  }

  /** One record, or why its bytes are none. Never throws for a bad record. */
  record(record: SourceRecord | { line: number; reason: Reason }): void {
    const { line } = record;
    if ('reason' in record) return this.#out(line, null, record.reason, `events.${record.reason}`);
    const parsed = parseRecord(record.bytes, record.final);
    if (!parsed.ok) return this.#out(line, null, parsed.reason, parsed.detail);
    const { format } = this.#source;
    const digest = format === 'garner' ? '' : createHash('sha256').update(record.bytes).digest('hex');
    const adapted = adapt(format, parsed.value, digest, this.#settings.adapter);
    if (adapted.kind === 'reason') {
      const time = adapted.about.time === undefined ? NaN : Date.parse(adapted.about.time);
      const named = adapted.about.userId !== undefined && !Number.isNaN(time);
      const consent = named ? this.#consent({ id: adapted.about.userId! }, time) : null;
      const reason = !consent || consent.keep ? adapted.reason : firstReason(adapted.reason, consent.reason);
      const rule = reason === adapted.reason || !consent || consent.keep ? adapted.rule : consent.rule;
      return this.#out(line, adapted.about.id ?? null, reason, rule);
    }
    const events: { event: CanonicalEvent; content: string }[] = [];
    for (const candidate of adapted.candidates) {
      const valid = toCanonical(candidate);
      const id = typeof candidate['id'] === 'string' ? candidate['id'] : null;
      if (!valid.ok) return this.#out(line, id, valid.reason, `event.${valid.field}`);
      events.push(valid);
    }
    this.#sink.admitted();
    for (const { event, content } of events) this.#event(line, event, content);
  }

  #event(line: number, event: CanonicalEvent, content: string): void {
    const { user, client, document, latencyMs, displayedMs, acceptedLength, typedShare } = event;
    const { reason, afterSeconds, editDistance, branchChanged } = event;
    const suggestion = this.#join.of(`suggestion:${event.suggestionId}`) as Pseudonym;
    const verdict = this.#verdict(event);
    const reduced: OutcomeEvent = {
      ...{ source: this.#source.index, line, event: event.id, type: event.type, time: event.time, suggestion },
      content: this.#join.of(content),
      ...(user.id === undefined ? {} : { user: this.#subject(user.id) }),
      ...(verdict.keep ? {} : { out: { reason: verdict.reason, rule: verdict.rule } }),
      ...(user.plan === undefined ? {} : { plan: user.plan }),
      ...labelled('ide', client.ide),
      ...labelled('extensionVersion', versionOf(client)),
      ...labelled('language', document.language),
      ...labelled('model', event.model),
      ...labelled('strategy', event.strategy),
      ...{ latencyMs, displayedMs, acceptedLength, typedShare, reason, afterSeconds, editDistance, branchChanged },
      ...sizeOf(event),
    };
    if (verdict.keep) {
      this.#addPlan(reduced, event);
      this.#addText(reduced, event);
    }
    this.#sink.event(bucketOf(this.#join, event.suggestionId, this.#settings.buckets), reduced);
  }

  #subject(userId: string): Pseudonym {
    return (this.#settings.knownSubject?.(userId) ?? this.#pseudonyms.of(subjectName(userId))) as Pseudonym;
  }

  #verdict(event: CanonicalEvent): Verdict {
    if (event.time > this.#settings.now + CLOCK_TOLERANCE)
      return drop('clock_skew', 'later than --now by more than 24 hours');
    // Another record of the suggestion may name the user.
    if (event.user.id === undefined) {
      const planned = plannedOut(this.#settings.consent, event.user.plan);
      return planned ? drop(planned.reason, planned.rule) : { keep: true };
    }
    return this.#consent(event.user as { id: string }, event.time);
  }

  #consent(user: { id: string }, time: number): Verdict {
    const { consent, facts, now } = this.#settings;
    try {
      return judgePurposeConsent(consent, facts, now, user, time);
    } catch {
      return drop('rule_error', 'consent');
    }
  }

  /** Of the purposes only product-evaluation tells figures by plan. */
  #addPlan(reduced: OutcomeEvent, { user: { id, plan }, time }: CanonicalEvent): void {
    if (this.#settings.purpose !== 'product-evaluation' || plan !== undefined || id === undefined) return;
    const known = planAt(this.#settings.facts, id, time);
    if (known) reduced.knownPlan = known;
  }

  /** What a purpose may know of text: words of closed lists, keyed hashes, counts. */
  #addText(reduced: OutcomeEvent, event: CanonicalEvent): void {
    const { purpose, rules, redactor } = this.#settings;
    const prefix = event.prompt?.prefix?.raw;
    const completion = event.completion?.raw;
    if (purpose === 'related-products' && (prefix !== undefined || completion !== undefined)) {
      const isPublic = rules.judgeEvent(event).document.keep;
      if (prefix !== undefined) reduced.framework = isPublic ? frameworkOf(prefix) : 'withheld';
      if (completion !== undefined) reduced.shape = isPublic ? shapeOf(prefix ?? '', completion) : 'withheld';
    }
    if (purpose !== 'abuse-investigation') return;
    const hash = (kind: string, text: string): Pseudonym => this.#pseudonyms.of(`${kind}:${text}`) as Pseudonym;
    const url = event.repository?.url;
    if (url !== undefined) {
      const remote = parseRemote(url, this.#settings.hosts);
      reduced.repository = hash('repository', remote.ok ? remote.id : url);
    }
    if (event.user.deviceId !== undefined) reduced.device = hash('device', event.user.deviceId);
    if (prefix !== undefined) reduced.template = hash('template', templateOf(prefix));
    if (completion !== undefined && completion.length >= 40) reduced.cluster = hash('completion', completion);
    const secrets = completion === undefined ? 0 : redactor.redactText(completion as JudgedText).findings.length;
    if (secrets > 0) reduced.secrets = secrets;
  }

  #out(line: number, event: string | null, reason: Reason, rule: string): void {
    this.#sink.row(outRow(this.#source.name, line, event, reason, rule, null));
  }
}

function versionOf({ extension, extensionVersion }: CanonicalEvent['client']): string | undefined {
  if (extensionVersion === undefined) return undefined;
  return extension === undefined ? extensionVersion : `${extension} ${extensionVersion}`;
}
