/** Ledger rows of a bucket by the part of the ledger that they stand in: the last parts of its object. */
import type { PendingRow } from '../../curation/stages/ledger.ts';
import { ledgerPartCount, ledgerPartOf } from '../plan/parts.ts';
import type { Plan } from '../plan/pinned.ts';
import { LineBuffer } from '../run/container.ts';

export function partedRows(rows: Iterable<PendingRow>, plan: Plan): Buffer[] {
  const partOf = ledgerPartOf(plan);
  const parts = Array.from({ length: ledgerPartCount(plan) }, () => new LineBuffer());
  for (const row of rows) parts[partOf(row.source)]!.push(row);
  return parts.map((part) => part.bytes());
}
