/** garner ledger prove: shows, without the rest of the ledger, that a record's row is in the ledger that a dataset attests. */
import type { Command } from 'commander';
import { inclusionProver, TreeHasher, type Prover } from '../../curation/proof/log/merkle.ts';
import type { LedgerRow } from '../../curation/stages/ledger.ts';
import { CommandError, EXIT } from '../exit.ts';
import { keysOption, outOption } from '../options.ts';
import { ledgerLines, readRun } from './record.ts';

/** An inclusion proof of RFC 6962 section 2.1.1. */
export interface LedgerProof {
  run: string;
  /** The row's bytes as they are hashed. */
  entry: string;
  /** Place of the row from 0, and rows of the ledger. */
  index: number;
  size: number;
  /** Hex, as are the hashes of the proof. */
  root: string;
  proof: string[];
}

/** Rows of one event that are proved at once; an event stands in few places. */
const MAX_ROWS = 1000;

export function proveCommand(ledger: Command): void {
  ledger
    .command('prove <run>')
    .description(
      "prove that a record's row is in the ledger that the dataset attests; check it with `garner verify --proof`",
    )
    .requiredOption('--event <id>', 'id of the event')
    .addOption(outOption())
    .addOption(keysOption())
    .action(async (run: string, options: { event: string; out: string; keys?: string }, command: Command) => {
      // The parent takes options of the same names first.
      const { out, keys } = command.optsWithGlobals<{ out: string; keys?: string }>();
      for (const proof of await prove(run, options.event, out, keys))
        process.stdout.write(JSON.stringify(proof) + '\n');
    });
}

async function prove(run: string, event: string, out: string, keys: string | undefined): Promise<LedgerProof[]> {
  const record = await readRun(out, run);
  const found: { index: number; entry: string }[] = [];
  const tree = new TreeHasher();
  for await (const entry of ledgerLines(out, record, keys)) {
    if ((JSON.parse(entry) as LedgerRow).event === event) found.push({ index: tree.size, entry });
    tree.append(Buffer.from(entry));
  }
  if (found.length === 0) throw new CommandError(EXIT.usage, `${run} has no record with event ${event}`);
  if (found.length > MAX_ROWS)
    throw new CommandError(EXIT.usage, `${event} stands in ${found.length} rows: too many to prove`);
  const root = tree.root().toString('hex');
  if (root !== record.ledgerRoot)
    throw new CommandError(EXIT.checkFailed, `the ledger of ${run} is not what the run wrote: its root differs`);
  const provers: Prover[] = found.map(({ index }) => inclusionProver(index, tree.size));
  for await (const entry of ledgerLines(out, record, keys))
    for (const prover of provers) prover.append(Buffer.from(entry));
  return found.map(({ index, entry }, at) => ({
    ...{ run, entry, index, size: tree.size, root },
    proof: provers[at]!.proof().map((hash) => hash.toString('hex')),
  }));
}

/** Proofs as `garner ledger prove` prints them, one a line. @throws CommandError where a line is none */
export function parseProof(text: string, file: string): LedgerProof[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new CommandError(EXIT.usage, `${file}: holds no proof`);
  return lines.map((line, at) => {
    let value: Partial<LedgerProof> | null = null;
    try {
      value = JSON.parse(line) as Partial<LedgerProof>;
    } catch {
      // Reported below, as any other line that is no proof.
    }
    const { entry, index, size, root, proof } = value ?? {};
    const isHash = (hash: unknown) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
    if (
      typeof entry !== 'string' ||
      !Number.isSafeInteger(index) ||
      !Number.isSafeInteger(size) ||
      !isHash(root) ||
      !Array.isArray(proof) ||
      !proof.every(isHash)
    )
      throw new CommandError(EXIT.usage, `${file}:${at + 1} is no proof of \`garner ledger prove\``);
    return value as LedgerProof;
  });
}
