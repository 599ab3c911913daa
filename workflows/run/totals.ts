/** Sums of a page's results: what the run needs of them without reading the list. */
import type { UnitResult, UnitTotals } from '../../activities/types.ts';
import { addCounts, addTally, emptyTally } from '../../curation/stages/ledger.ts';

export function totalsOf(results: UnitResult[]): UnitTotals {
  const totals: UnitTotals = { tally: emptyTally(), records: 0, redactions: {}, fingerprints: 0, bytes: [] };
  for (const result of results) {
    if (!result) continue;
    if ('redactions' in result) addCounts(totals.redactions, result.redactions);
    if ('tally' in result) {
      addTally(totals.tally, result.tally);
      totals.records += result.records;
      totals.fingerprints += result.fingerprints;
    }
    if ('examples' in result) totals.bytes.push(result.bytes);
  }
  return totals;
}
