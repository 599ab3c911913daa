/** garner ledger: what became of every record of a run. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { jsonOption, keysOption, outOption } from '../options.ts';
import { proveCommand } from './prove.ts';
import { ledgerLines, readRun } from './record.ts';
import type { LedgerRow } from '../../curation/stages/ledger.ts';

export function ledgerCommand(program: Command): void {
  const ledger = program
    .command('ledger <run>')
    .description('the row of every record: outcome, reason, rule, label, weight')
    .addOption(outOption())
    .addOption(keysOption())
    .option('--reason <reason>', 'only rows with this reason')
    .addOption(jsonOption())
    .action(async (run: string, options: { out: string; keys?: string; reason?: string; json?: boolean }) => {
      const record = await readRun(options.out, run);
      for await (const line of ledgerLines(options.out, record, options.keys)) {
        const row = JSON.parse(line) as LedgerRow;
        if (options.reason !== undefined && row.reason !== options.reason) continue;
        if (!process.stdout.write((options.json ? line : plainRow(row)) + '\n')) await once(process.stdout, 'drain');
      }
    });
  proveCommand(ledger);
}

/** One row for people; control characters of names do not reach the terminal. */
export function plainRow({
  source,
  line,
  event,
  outcome,
  reason,
  rule,
  label,
  weight,
}: Omit<LedgerRow, 'day'>): string {
  const place = `${source}${line === null ? '' : `:${line}`}`;
  const text = [place, event ?? '-', outcome, reason, rule, label ? `${label} ${weight}` : ''].join('  ').trimEnd();
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
