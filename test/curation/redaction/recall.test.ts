import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBuiltinRules } from '../../../config/redaction.ts';
import { createRedactor } from '../../../curation/redaction/redactor.ts';
import type { JudgedText } from '../../../curation/text.ts';
import { isLeft, measureRecall } from './labelled/measure.ts';

/** `npx vitest run test/curation/redaction/recall.test.ts -u` writes this file anew. */
const MEASURED = join(import.meta.dirname, '../../../config/redaction/measured.json');

describe('the labelled set', () => {
  const { missed, wrong, ...measured } = measureRecall();

  it('holds at least 50 kinds, 600 secrets and 400 look-alikes', () => {
    expect(measured.kinds).toBeGreaterThanOrEqual(50);
    expect(measured.positives).toBeGreaterThanOrEqual(600);
    expect(measured.negatives).toBeGreaterThanOrEqual(400);
  });

  it('reaches recall .95, also in the worst kind .8, at false positives of at most 2 %', () => {
    expect(missed.slice(0, 5).map((item) => item.kind)).toEqual(expect.any(Array));
    expect(measured.recall).toBeGreaterThanOrEqual(0.95);
    for (const [kind, [found, made]] of Object.entries(measured.perKind))
      expect(found / made, kind).toBeGreaterThanOrEqual(0.8);
    expect(wrong.map((item) => `${item.rule}: ${item.text}`).slice(0, 20)).toEqual([]);
  });

  it('is what config/redaction/measured.json says, so that a dataset card can quote it', async () => {
    const lines = JSON.stringify(measured, null, 2).replace(/\[\s+(\d+),\s+(\d+)\s+\]/g, '[$1, $2]');
    await expect(`${lines}\n`).toMatchFileSnapshot(MEASURED);
  });

  it('reaches the same on a set from another seed', () => {
    const other = measureRecall(7);
    expect(other.recall).toBeGreaterThanOrEqual(0.95);
    expect(other.falsePositiveRate).toBeLessThanOrEqual(0.02);
  });
});

describe('windows of real code', () => {
  const redactor = createRedactor(loadBuiltinRules());
  const personal = new Set(
    loadBuiltinRules()
      .filter((rule) => rule.validators.includes('personal'))
      .map((rule) => rule.id),
  );

  it('holds a secret in at most one window of a hundred', () => {
    const windows: string[] = [];
    for (const name of [
      'typescript/lib',
      'vitest/dist',
      'ajv/dist',
      'commander/lib',
      'yaml/dist',
      'fastify/lib',
      'rxjs/src/internal',
      'acorn/dist',
      'eslint/lib/rules',
      'prettier/plugins',
      'webpack/lib',
    ]) {
      const folder = join(import.meta.dirname, '../../../node_modules', name);
      for (const file of readdirSync(folder)
        .filter((entry) => /\.[cm]?[jt]s$/.test(entry))
        .slice(0, 60)) {
        if (statSync(join(folder, file)).size > 400_000) continue;
        const text = readFileSync(join(folder, file), 'utf8');
        for (let at = 0; at + 1500 < text.length && windows.length < 3000; at += 1500)
          windows.push(text.slice(at, at + 1500));
      }
    }
    expect(windows.length).toBeGreaterThan(400);
    const wrong = windows.filter((text) =>
      redactor.redactText(text as JudgedText).findings.some((finding) => !personal.has(finding.rule)),
    );
    expect(wrong.length / windows.length).toBeLessThan(0.01);
  });
});

describe('what is left of a secret', () => {
  it('is noticed from eight characters on', () => {
    expect(isLeft('abcdefghij', 'x bcdefghi y')).toBe(true);
    expect(isLeft('abcdefghij', 'x bcdefgh y')).toBe(false);
  });
});
