/** Measures recall and false positives of the built-in rules on the labelled set. */
import { loadBuiltinRules } from '../../../../config/redaction.ts';
import { createRedactor } from '../../../../curation/redaction/redactor.ts';
import type { JudgedText } from '../../../../curation/text.ts';
import { positives, setDigest, type Positive } from './positives.ts';
import { negatives, type Negative } from './look-alikes.ts';

export interface Measured {
  /** Version of the rule set. */
  version: string;
  /** Digest of the labelled set. */
  set: string;
  kinds: number;
  positives: number;
  found: number;
  recall: number;
  negatives: number;
  falsePositives: number;
  falsePositiveRate: number;
  /** Found and made, for each kind. */
  perKind: Record<string, [number, number]>;
}

/** Windows of eight units: what may not be left of a secret. One that stands `elsewhere` in the text as well says nothing. */
export function isLeft(secret: string, redacted: string, elsewhere = ''): boolean {
  if (secret.length < 8) return redacted.includes(secret);
  for (let i = 0; i + 8 <= secret.length; i++) {
    const window = secret.slice(i, i + 8);
    if (redacted.includes(window) && !elsewhere.includes(window)) return true;
  }
  return false;
}

/** Redacts every item; a positive counts as found where nothing of it is left, a negative as false where anything was cut out. */
export function measureRecall(
  seed = 20260501,
): Measured & { missed: Positive[]; wrong: (Negative & { rule: string })[] } {
  const redactor = createRedactor(loadBuiltinRules());
  const good = positives(seed, 10);
  const bad = negatives(seed + 1, 24);
  const perKind: Record<string, [number, number]> = {};
  const missed: Positive[] = [];
  for (const item of good) {
    const { text } = redactor.redactText(item.text as JudgedText);
    const elsewhere = item.secrets.reduce((rest, secret) => rest.replaceAll(secret, '\0'), item.text);
    const found = !item.secrets.some((secret) => isLeft(secret, text, elsewhere));
    const count = (perKind[item.kind] ??= [0, 0]);
    count[1]++;
    if (found) count[0]++;
    else missed.push(item);
  }
  const wrong: (Negative & { rule: string })[] = [];
  for (const item of bad) {
    const { findings } = redactor.redactText(item.text as JudgedText);
    if (findings.length > 0) wrong.push({ ...item, rule: findings[0]!.rule });
  }
  const round = (share: number): number => Math.round(share * 10_000) / 10_000;
  return {
    version: redactor.version,
    set: setDigest([...good, ...bad]),
    kinds: Object.keys(perKind).length,
    positives: good.length,
    found: good.length - missed.length,
    recall: round(1 - missed.length / good.length),
    negatives: bad.length,
    falsePositives: wrong.length,
    falsePositiveRate: round(wrong.length / bad.length),
    perKind,
    missed,
    wrong,
  };
}
