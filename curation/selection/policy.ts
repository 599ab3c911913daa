/** What selection is asked, what it is told of an example, and what it answers: the types of the stage and the policy's defaults. */
import type { Reason } from '../verdict.ts';

/** All that selection knows of an example. Ids are keyed hashes in lower hex; there is no text. */
export interface ExampleMetadata {
  example: string;
  label: boolean;
  /** Thousandths, an integer, so that sums do not depend on order. */
  weight: number;
  reason: string;
  /** Milliseconds since 1970-01-01 UTC. */
  time: number;
  contributor: string;
  /** Contributors who share a device count as one; empty or absent where it is unknown. */
  device?: string;
  repository: string;
  /** The fork network. */
  family: string;
  /** Hash of prompt and completion. */
  content: string;
  /** Hash of the normalised snippet. */
  snippet: string;
  lexemes: number;
  /** `encodeSignature` of minhash.ts: base64 of 112 little-endian u32. */
  signature: string;
  language: string;
  contaminated: boolean;
  bytes: number;
  /** Rows of one preference pair share it and stay in one split. */
  pair?: string;
  /** Hash of the prompt, where what was accepted and what was rejected there may become a pair. */
  place?: string;
}

export interface SelectionPolicy {
  /** Least estimated Jaccard similarity (0 to 1) that makes two texts near-duplicates; texts of fewer lexemes match only exactly. */
  nearDuplicates: { threshold: number; minLexemes: number };
  /** Most examples of one contributor, of one repository, and of one contributor with the same normalised snippet. */
  bounds: { perUser: number; perRepository: number; perUserSnippet: number };
  /** Shares that sum to 1. */
  splits: { train: number; validation: number; test: number };
  /** Caps by keyed order; 0 is none. Applied in the order perLanguage, perLabel, maxNegativesPerPositive. */
  balance: { perLanguage: number; perLabel: number; maxNegativesPerPositive: number };
  /** Least distinct contributors of a normalised snippet, over all examples; 0 is off. */
  minContributors: number;
}

export const DEFAULT_SELECTION: SelectionPolicy = {
  nearDuplicates: { threshold: 0.7, minLexemes: 20 },
  bounds: { perUser: 100, perRepository: 500, perUserSnippet: 1 },
  splits: { train: 0.9, validation: 0.05, test: 0.05 },
  balance: { perLanguage: 0, perLabel: 0, maxNegativesPerPositive: 0 },
  minContributors: 0,
};

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** The answer for one example. In JSONL and Parquet what does not apply is null. */
export interface Decision {
  example: string;
  keep: boolean;
  reason?: Reason;
  rule?: string;
  split?: Split;
  component?: string;
  /** Of an accepted example: the one that somebody else rejected at the same place. */
  partner?: string;
}

/** Throws a RangeError that names the field where a policy's numbers make no sense. */
export function checkSelection(policy: SelectionPolicy): void {
  const { nearDuplicates, bounds, splits, balance } = policy;
  const demand = (holds: boolean, field: string, wants: string): void => {
    if (!holds) throw new RangeError(`selection.${field} must be ${wants}`);
  };
  const whole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  demand(
    nearDuplicates.threshold > 0 && nearDuplicates.threshold <= 1,
    'nearDuplicates.threshold',
    'above 0, at most 1',
  );
  demand(whole(nearDuplicates.minLexemes, 1), 'nearDuplicates.minLexemes', 'a whole number of 1 or more');
  for (const field of ['perUser', 'perRepository', 'perUserSnippet'] as const) {
    demand(whole(bounds[field], 1), `bounds.${field}`, 'a whole number of 1 or more');
  }
  for (const field of SPLITS) demand(splits[field] >= 0 && splits[field] <= 1, `splits.${field}`, 'from 0 to 1');
  const sum = splits.train + splits.validation + splits.test;
  demand(Math.abs(sum - 1) < 1e-9, 'splits', `shares that sum to 1, not ${sum}`);
  for (const field of ['perLanguage', 'perLabel'] as const) {
    demand(whole(balance[field], 0), `balance.${field}`, 'a whole number of 0 (no cap) or more');
  }
  const ratio = balance.maxNegativesPerPositive;
  demand(ratio >= 0 && ratio <= 1e6, 'balance.maxNegativesPerPositive', 'from 0 (no cap) to 1,000,000');
  demand(whole(policy.minContributors, 0), 'minContributors', 'a whole number of 0 or more');
}
