import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { precedence, type Reason } from '../../../curation/verdict.ts';
import { filesIn, hasShared, rowsOf, SHARED } from './source.ts';

interface Expectation {
  records: { outcome: string; reason?: Reason }[];
}

describe.skipIf(!hasShared)('the bad-input cases, as far as bytes and shape decide', async () => {
  const expected = JSON.parse(hasShared ? readFileSync(join(SHARED, 'cases/expected.json'), 'utf8') : '{}') as Record<
    string,
    Expectation
  >;
  const LAST = precedence('schema');

  it.each(Object.entries(expected))('%s', async (file, { records }) => {
    const rows = await rowsOf(join(SHARED, 'cases/events', file), 'garner');
    expect(rows.map(({ reason }) => reason)).toEqual(
      records.map(({ reason }) => (reason !== undefined && precedence(reason) <= LAST ? reason : undefined)),
    );
  });

  it('covers every file', () => {
    expect(filesIn('cases/events').sort()).toEqual(Object.keys(expected).sort());
  });
});
