/** A small invented dataset: examples with text, and the figures that would be published of them. */
import { createHash } from 'node:crypto';
import type { RenderedSource } from '../../../curation/formats/example.ts';
import type { DatasetFacts } from '../../../curation/formats/facts.ts';
import { datasetDigest, versionOf } from '../../../curation/proof/digest.ts';
import type { RedactedText } from '../../../curation/text.ts';

export const redacted = (text: string): RedactedText => text as RedactedText;
export const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

export function example(changes: Partial<RenderedSource> = {}): RenderedSource {
  return {
    example: 'x1',
    split: 'train',
    component: 'c1',
    label: 'positive',
    weight: 700,
    reason: 'accepted_retained_300',
    language: 'typescript',
    model: 'm1',
    strategy: 'arm-a',
    time: Date.UTC(2026, 4, 1, 10),
    prefix: redacted('const a = '),
    suffix: redacted(';\n'),
    completion: redacted('add(1, 2)'),
    context: [{ path: redacted('src/add.ts'), text: redacted('export const add = (a, b) => a + b;') }],
    ...changes,
  };
}

/** Figures that agree with each other; `files` stand for data files with their plaintext. */
export function sampleFacts(changes: Partial<DatasetFacts> = {}): DatasetFacts {
  const file = (path: string, examples: number) => ({
    path,
    sha256: sha256(path),
    bytes: path.length * 1000,
    examples,
  });
  const splits: DatasetFacts['splits'] = {
    kto: {
      train: [file('data/kto/train-00000-of-00002.parquet', 300), file('data/kto/train-00001-of-00002.parquet', 220)],
      validation: [file('data/kto/validation-00000-of-00001.parquet', 40)],
      test: [file('data/kto/test-00000-of-00001.parquet', 40)],
    },
    sft: { train: [file('data/sft/train-00000-of-00001.parquet', 350)] },
  };
  const files = Object.values(splits).flatMap((format) => Object.values(format).flat());
  const window = { from: '2026-05-01', to: '2026-05-07' };
  const digest = datasetDigest(files);
  return {
    name: 'completions',
    version: versionOf(window, digest),
    digest,
    window,
    purpose: 'model-improvement',
    audience: ['copilot-team'],
    policyDigest: sha256('policy'),
    factsDigest: sha256('facts'),
    codeVersion: '0.1.0',
    now: '2026-05-08T00:00:00.000Z',
    counts: { records: 12_345, kept: 6_000, excluded: 6_300, rejected: 45, examples: 600 },
    reasons: {
      repository_private: 3_100,
      no_consent: 1_200,
      unknown_repository: 640,
      path_excluded: 210,
      superseded: 500,
      not_read: 350,
      ignored: 180,
      near_duplicate: 90,
      private_overlap: 30,
      invalid_json: 40,
      schema: 5,
    },
    labels: {
      accepted_retained_600: { label: 'positive', count: 240, weight: 240_000 },
      accepted_retained_300: { label: 'positive', count: 110, weight: 77_000 },
      rejected_explicit: { label: 'negative', count: 200, weight: 160_000 },
      accepted_reverted: { label: 'negative', count: 50, weight: 45_000 },
    },
    languages: {
      typescript: { positive: 160, negative: 90 },
      python: { positive: 120, negative: 90 },
      go: { positive: 50, negative: 40 },
      java: { positive: 20, negative: 30 },
    },
    models: { m1: 600 },
    lengths: {
      edges: [0, 8, 16, 32, 64, 128, 256, 512, null],
      positive: [20, 40, 80, 100, 60, 30, 15, 5],
      negative: [40, 60, 70, 50, 20, 7, 2, 1],
    },
    weights: {
      edges: [0, 200, 400, 600, 800, 1000, 2000, null],
      positive: [0, 0, 0, 110, 0, 230, 10],
      negative: [0, 0, 0, 0, 250, 0, 0],
    },
    splits,
    balance: {
      train: { positive: 300, negative: 220 },
      validation: { positive: 25, negative: 15 },
      test: { positive: 25, negative: 15 },
    },
    duplicates: { exact: 74, near: 16, clusters: 6, largestCluster: 5 },
    selection: [
      { step: 'assembled', left: 760 },
      { step: 'exact duplicates', left: 686 },
      { step: 'near duplicates', left: 670 },
      { step: 'contribution bounds', left: 600 },
    ],
    retention: [
      { seconds: 15, share: 0.95, observed: 400, low: 0.93, high: 0.97 },
      { seconds: 30, share: 0.93, observed: 390, low: 0.9, high: 0.95 },
      { seconds: 120, share: 0.88, observed: 370, low: 0.85, high: 0.91 },
      { seconds: 300, share: 0.84, observed: 330, low: 0.8, high: 0.87 },
      { seconds: 600, share: 0.81, observed: 260, low: 0.76, high: 0.85 },
    ],
    redactions: { email: 31, 'generic-password': 12, ipv4: 7 },
    licences: { MIT: 400, 'Apache-2.0': 150, unknown: 50 },
    redaction: { version: '1', recall: 0.961 },
    consent: { plans: ['free', 'pro', 'pro_plus'] },
    kThreshold: 10,
    inputs: [sha256('input b'), sha256('input a')].sort(),
    ledgerRoot: sha256('ledger'),
    files: 'parquet',
    timeline: Array.from({ length: 7 }, (_, at) => ({
      day: `2026-05-0${at + 1}`,
      kept: 800 + ((at * 37) % 200),
      reasons: {
        repository_private: 400 + at * 12,
        no_consent: 150 + at * 4,
        not_read: 60,
        superseded: 70,
        ignored: 30,
        path_excluded: 30,
        schema: at,
      },
    })),
    ...changes,
  };
}
