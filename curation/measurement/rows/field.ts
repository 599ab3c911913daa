/** What may be known of a suggestion, by purpose: the closed list that no policy can widen. Nothing in it can hold code, a path or a name of a repository. */
import type { Plan } from '../../events/event.ts';
import type { Framework, Shape } from './text.ts';

export const MEASURED_PURPOSES = [
  'product-evaluation',
  'strategy-assessment',
  'abuse-investigation',
  'related-products',
] as const;
export type MeasuredPurpose = (typeof MEASURED_PURPOSES)[number];

declare const label: unique symbol;
declare const pseudonym: unique symbol;
/** A short name from a client (an editor, a language, a model, an arm), or `other` where it was not of that form. */
export type Label = string & { readonly [label]: true };
/** 32 hex digits of a keyed hash. */
export type Pseudonym = string & { readonly [pseudonym]: true };

/** Seconds after an accept at which clients look what is left of it. */
export const HORIZONS = [15, 30, 120, 300, 600] as const;
export type Horizon = (typeof HORIZONS)[number];

/** Whole numbers that add up over suggestions. Characters are UTF-16 units. */
const COUNTS = [
  ...['shown', 'read', 'accepted', 'rejected', 'ignored', 'cancelled'],
  ...['suggestedChars', 'acceptedChars', 'suggestedLines', 'acceptedLines'],
  ...['latencies', 'latencyMs', 'placed', 'placeChars', 'modelChars'],
  // Of horizon h: observed there; of these retained; accepted characters; thousandths of characters retained; first found lost; last seen.
  ...HORIZONS.flatMap((h) =>
    ['observed', 'retained', 'observedChars', 'keptMilli', 'lost', 'censored'].map((n) => `${n}${h}`),
  ),
] as const;
type AtHorizon = 'observed' | 'retained' | 'observedChars' | 'keptMilli' | 'lost' | 'censored';
export type CountField =
  | 'shown'
  | 'read'
  | 'accepted'
  | 'rejected'
  | 'ignored'
  | 'cancelled'
  | 'suggestedChars'
  | 'acceptedChars'
  | 'suggestedLines'
  | 'acceptedLines'
  | 'latencies'
  | 'latencyMs'
  | 'placed'
  | 'placeChars'
  | 'modelChars'
  | `${AtHorizon}${Horizon}`;
export const COUNT_FIELDS = COUNTS as readonly CountField[];

interface Values {
  user: Pseudonym;
  device: Pseudonym;
  repository: Pseudonym;
  /** Keyed hash of the prompt's shape: names, numbers and spaces levelled. */
  template: Pseudonym;
  /** Keyed hash of the completion. */
  cluster: Pseudonym;
  /** Milliseconds since 1970-01-01 UTC of the first event; of the accept, 0 where there is none. */
  time: number;
  acceptedAt: number;
  /** Findings of the redaction rules in prompt and completion. */
  secrets: number;
  ide: Label;
  extensionVersion: Label;
  language: Label;
  model: Label;
  plan: Plan | 'unknown';
  strategy: Label;
  framework: Framework;
  shape: Shape;
}
export type FieldName = keyof Values | CountField;
type ValueOf<F extends FieldName> = F extends keyof Values ? Values[F] : number;

const EVALUATION = ['user', 'time', 'ide', 'extensionVersion', 'language', 'model', 'plan'] as const;
const STRATEGY = ['user', 'time', 'strategy', 'ide', 'language'] as const;
const ABUSE = [
  ...['user', 'device', 'repository', 'template', 'cluster', 'time', 'acceptedAt', 'secrets'],
  ...['ide', 'extensionVersion', 'language'],
] as const;
const RELATED = ['user', 'language', 'framework', 'shape'] as const;

/** The fields that a purpose may ask for beside the counts. */
export const PURPOSE_FIELDS = {
  'product-evaluation': EVALUATION,
  'strategy-assessment': STRATEGY,
  'abuse-investigation': ABUSE as readonly (keyof Values)[],
  'related-products': RELATED,
} as const satisfies Record<MeasuredPurpose, readonly (keyof Values)[]>;
/** Those that a policy may leave out: by them figures are told apart. */
export const DIMENSIONS = {
  'product-evaluation': ['ide', 'extensionVersion', 'language', 'model', 'plan'],
  'strategy-assessment': ['ide', 'language'],
  'abuse-investigation': ['device', 'repository', 'template', 'cluster', 'secrets', 'ide'],
  'related-products': ['language', 'framework', 'shape'],
} as const satisfies Record<MeasuredPurpose, readonly (keyof Values)[]>;

type PurposeField<P extends MeasuredPurpose> = (typeof PURPOSE_FIELDS)[P][number];

/** One suggestion, as a purpose sees it. */
export type OutcomeRow<P extends MeasuredPurpose> = { [F in PurposeField<P>]: ValueOf<F> } & Record<CountField, number>;

/** All that is known of a suggestion before the purpose takes its part. */
export type WholeRow = Values & Record<CountField, number>;

/** The purpose's part of a row, and of that only the dimensions that the policy kept: the others say `withheld`. */
export function limited<P extends MeasuredPurpose>(
  row: WholeRow,
  purpose: P,
  kept: ReadonlySet<string>,
): OutcomeRow<P> {
  const out: Record<string, unknown> = {};
  const droppable = DIMENSIONS[purpose] as readonly string[];
  for (const field of PURPOSE_FIELDS[purpose])
    out[field] = !droppable.includes(field) || kept.has(field) ? row[field] : field === 'secrets' ? 0 : 'withheld';
  for (const field of COUNT_FIELDS) out[field] = row[field];
  return out as OutcomeRow<P>;
}

const LABEL = /^[A-Za-z0-9][A-Za-z0-9+#. _-]{0,47}$/;

/** A client's word as a label. Anything that could hold a path, an address or a sentence is `other`. */
export function labelOf(text: string | undefined): Label {
  if (text === undefined || text === '') return 'unknown' as Label;
  return (LABEL.test(text) && !text.includes('..') ? text.toLowerCase() : 'other') as Label;
}

/** The field with the label; none where the client said nothing. */
export function labelled<K extends string>(name: K, text: string | undefined): { [P in K]?: Label } {
  return (text === undefined ? {} : { [name]: labelOf(text) }) as { [P in K]?: Label };
}
