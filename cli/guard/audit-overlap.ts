/** garner audit-overlap: whether anything of a private code base stands in a finished dataset, and where. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { namedGuards } from '../../activities/run/guards.ts';
import { overlapPlaces, readsRenamed, type OverlapPlace } from '../../curation/overlap/audit.ts';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { fingerprintKey, type FingerprintKey, type GuardMode } from '../../curation/overlap/fingerprint.ts';
import { readGuard } from '../../storage/guard/file.ts';
import { datasetRows } from '../../storage/guard/rows.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readIdentities } from '../datasets/identity.ts';
import { guardKeyOption, jsonOption, keysOption } from '../options.ts';
import { group } from '../runs/progress.ts';

interface Options {
  guard: string[];
  guardKey?: string[];
  identity?: string;
  keys?: string;
  json?: boolean;
}

interface Guard {
  keyId: string;
  mode: GuardMode;
  key: FingerprintKey;
  filter: FingerprintFilter;
}

interface Place extends OverlapPlace {
  file: string;
  id: string;
  keyId: string;
}

interface Audited {
  rows: number;
  /** Rows with a place. */
  overlapping: number;
  /** Rows that read like the private code with other names; null where the guard files cannot tell. */
  renamed: number | null;
  guards: { keyId: string; mode: GuardMode }[];
  places: Place[];
}

/** Places that are printed; `--json` gives all. */
const PRINTED = 100;

export function auditOverlapCommand(program: Command): void {
  program
    .command('audit-overlap <dataset>')
    .description('look for code of a private code base in a finished dataset; exit 1 where there is any')
    .requiredOption('--guard <files...>', 'guard files (garner fingerprint)')
    .addOption(guardKeyOption())
    .option('--identity <file>', 'age identity that opens the dataset (default: the local one)')
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (dataset: string, options: Options) => {
      const audited = await audit(dataset, options);
      process.stdout.write(options.json ? JSON.stringify(audited) + '\n' : report(audited));
      if (audited.overlapping > 0) process.exitCode = EXIT.checkFailed;
    });
}

async function audit(dataset: string, options: Options): Promise<Audited> {
  const guards = await openGuards(options);
  const identities = options.identity
    ? readIdentities(await readFile(options.identity, 'utf8'), options.identity)
    : [(await openKeystore(options.keys)).identity().secret];
  const told = guards.map(({ keyId, mode }) => ({ keyId, mode }));
  const audited: Audited = { rows: 0, overlapping: 0, renamed: 0, guards: told, places: [] };
  if (guards.some(({ mode }) => mode === 'winnow')) audited.renamed = null;
  await sweepScratch();
  const scratch = await openScratch('audit');
  try {
    for await (const { file, id, texts } of datasetRows(openStore(dataset), identities, scratch.folder)) {
      const before = audited.places.length;
      for (const { keyId, key, filter } of guards) {
        const has = (high: number, low: number) => filter.has(high, low);
        for (const place of overlapPlaces(texts, key, has)) audited.places.push({ file, id, ...place, keyId });
        if (audited.renamed !== null && readsRenamed(texts, key, has)) audited.renamed++;
      }
      audited.rows++;
      if (audited.places.length > before) audited.overlapping++;
    }
  } finally {
    await scratch.remove();
  }
  // A folder without data would otherwise pass as one without private code.
  if (audited.rows === 0) throw new CommandError(EXIT.usage, `${dataset}: there are no rows of a dataset`);
  return audited;
}

async function openGuards(options: Options): Promise<Guard[]> {
  const guards: Guard[] = [];
  for (const { file, key } of await namedGuards(options.guard, options.guardKey)) {
    const { header, filter } = await readGuard(file);
    guards.push({
      ...{ keyId: header.keyId, mode: header.mode },
      ...{ key: fingerprintKey(key.key), filter: await FingerprintFilter.fromPieces(filter) },
    });
  }
  return guards;
}

function report({ rows, overlapping, renamed, places, guards }: Audited): string {
  const share = ((overlapping / rows) * 100).toFixed(overlapping === 0 ? 0 : 3);
  const least = guards.some(({ mode }) => mode === 'winnow') ? 30 : 20;
  const lines = places
    .slice(0, PRINTED)
    .map(({ file, id, column, line, lastLine, length, keyId }) =>
      [file, id, `${column}:${line}${lastLine > line ? `-${lastLine}` : ''}`, `${length} characters`, keyId].join('  '),
    );
  if (places.length > PRINTED) lines.push(`and ${group(places.length - PRINTED)} more places (--json gives all)`);
  lines.push(
    `${group(overlapping)} of ${group(rows)} rows (${share}%) share ${least} lexemes or more with the private code`,
  );
  if (renamed !== null) lines.push(`${group(renamed)} rows read like it with other names (40 lexemes): worth a look`);
  return lines.join('\n') + '\n';
}
