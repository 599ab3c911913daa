/** Ledger rows of a bucket by the part of the ledger that they stand in: the last parts of its object. */
import type { PendingRow } from '../../curation/stages/ledger.ts';
import { ledgerPartCount, ledgerPartOf } from '../plan/parts.ts';
import type { Plan } from '../plan/pinned.ts';
import { LineBuffer } from '../run/container.ts';

export class RowParts {
  readonly #partOf: (source: string) => number;
  readonly #parts: LineBuffer[];

  constructor(plan: Plan) {
    this.#partOf = ledgerPartOf(plan);
    this.#parts = Array.from({ length: ledgerPartCount(plan) }, () => new LineBuffer());
  }

  push(rows: Iterable<PendingRow>): void {
    for (const row of rows) this.#parts[this.#partOf(row.source)]!.push(row);
  }

  bytes(): Buffer[] {
    return this.#parts.map((part) => part.bytes());
  }
}
