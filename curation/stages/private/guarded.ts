/**
 * What removed text leaves for the guard: keyed fingerprints of what was taken out because of whose it is, not because of consent, vendoring or
 * labels.
 *
 * Text that names no document of its own belongs to every document that its request names, and those may lie in other shards: its fingerprints
 * are withheld until all are known. They are of the redacted text, wherever it is refused, so that how records lie in shards makes no difference.
 */
import type { CanonicalEvent } from '../../events/event.ts';
import { guardPrints, type FingerprintKey, type FingerprintSink, type GuardMode } from '../../overlap/fingerprint.ts';
import type { EventJudgement, Rules } from '../../rules/judge.ts';
import { outcomeOf, type Reason, type Verdict } from '../../verdict.ts';
import type { AdmittedRecord, AdmittedText } from '../record.ts';
import { textsOf } from '../segments.ts';

const PRIVATE: ReadonlySet<Reason> = new Set<Reason>([
  'no_repository',
  'unknown_host',
  'unknown_repository',
  'identity_mismatch',
  'repository_deleted',
  'repository_private',
  'repository_was_private',
  'private_network',
  'owner_denied',
  'owner_opted_out',
  'license_not_allowed',
  'submodule_private',
  'path_excluded',
  'codeowner_denied',
  'rule_error',
]);

export function isPrivate(reason: Reason): boolean {
  return PRIVATE.has(reason);
}

/** A document that a record names for its request. */
export type NamedDocument = NonNullable<AdmittedRecord['document']>;
type PendingOrigin = NonNullable<AdmittedRecord['pending']>;
type Refusal = Extract<Verdict, { keep: false }>;

/** Fingerprints of text that waits for the documents of its request. */
export interface Withheld {
  /** The request, or the suggestion of a record without one. */
  request: string;
  origin: PendingOrigin;
  /** Milliseconds since 1970-01-01 UTC. */
  time: number;
  /** base64 of fingerprints as `eachFingerprint` reads them. */
  prints: string;
}

/** What the documents of a request have against text of this origin. */
export function refusals(
  origin: PendingOrigin,
  time: number,
  documents: readonly NamedDocument[],
  rules: Pick<Rules, 'judgeOrigin'>,
): Refusal[] {
  return documents.flatMap((document) => {
    const verdict = rules.judgeOrigin({ ...origin, ...document }, time);
    return verdict.keep ? [] : [verdict];
  });
}

/** The first private reason that the documents of a request have against text of this origin. */
export function privateRefusal(...given: Parameters<typeof refusals>): Refusal | undefined {
  return refusals(...given).find(({ reason }) => isPrivate(reason));
}

/** Where an event's text comes from, but for its path. */
export function originOf({ repository, workspaceRepositories, document }: CanonicalEvent): PendingOrigin {
  return {
    ...(repository ? { repository } : {}),
    ...(workspaceRepositories ? { workspaceRepositories } : {}),
    ...(document.gitMode ? { gitMode: document.gitMode } : {}),
  };
}

/** Fingerprints what a shard's events lose. */
export class RemovedText {
  readonly #key: FingerprintKey | null;
  readonly #mode: GuardMode;
  readonly #rules: Pick<Rules, 'judgeOrigin'>;
  readonly #sink: FingerprintSink;

  /** Without a key nothing is fingerprinted. */
  constructor(rules: Pick<Rules, 'judgeOrigin'>, key: FingerprintKey | null, mode: GuardMode, sink: FingerprintSink) {
    this.#rules = rules;
    this.#sink = sink;
    this.#key = key;
    this.#mode = mode;
  }

  /** The text of a record's document where that is private, and every private piece of its context. */
  of(event: CanonicalEvent, document: Verdict, context: EventJudgement['context']): void {
    if (!this.#key) return;
    if (this.#isPrivate(document, event)) for (const text of textsOf(event)) this.#prints(text, this.#sink);
    context.forEach((verdict, index) => {
      const { repository, text } = event.prompt!.context[index]!;
      if (this.#isPrivate(verdict, event, repository)) this.#prints(text.raw, this.#sink);
    });
  }

  /** The redacted text of a record that a document of its request makes private. */
  refused(text: AdmittedText): void {
    for (const part of partsOf(text)) this.#prints(part, this.#sink);
  }

  /** The same as base64, for text whose documents are not all known. */
  withheld(text: AdmittedText): string {
    const words: number[] = [];
    for (const part of partsOf(text)) this.#prints(part, (high, low) => void words.push(high, low));
    return Buffer.from(Int32Array.from(words).buffer).toString('base64');
  }

  #prints(text: string, sink: FingerprintSink): void {
    if (this.#key) guardPrints(text, this.#key, this.#mode, sink);
  }

  /** A path that cannot be used says nothing of whose the code is: then the repository alone does. */
  #isPrivate(verdict: Verdict, event: CanonicalEvent, repository = event.repository): boolean {
    if (verdict.keep || isPrivate(verdict.reason)) return !verdict.keep;
    if (outcomeOf(verdict.reason) !== 'rejected') return false;
    const origin = { ...originOf(event), ...(repository ? { repository } : {}) };
    const alone = this.#rules.judgeOrigin(origin, event.time);
    return !alone.keep && isPrivate(alone.reason);
  }
}

/** What `textsOf` is of raw text. */
function partsOf({ prefix, completion, suffix, captured }: AdmittedText): string[] {
  const joined = [prefix, completion, suffix].join('');
  return [joined, completion === joined ? '' : completion, captured].filter(
    (text) => text !== undefined && text !== '',
  ) as string[];
}
