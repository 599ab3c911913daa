/** garner audit: the log of who did what, beside the keys that sign it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { openAudit, verifyAudit, AuditFault, type AuditReport, type LoggedEntry } from '../../storage/audit.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { CommandError, EXIT } from '../exit.ts';
import { jsonOption, keysOption, parseTime } from '../options.ts';

interface Options {
  keys?: string;
  json?: boolean;
}

export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('the log of runs, publications, approvals, openings, grants');
  audit
    .command('verify')
    .description('find entries that were edited, dropped or moved, and a tail that was cut')
    .option('--checkpoint <file>', 'a checkpoint that was kept elsewhere')
    .option('--log <dir>', 'a copy of the log (default: the one beside the keys)')
    .option('--key <text>', "the log's verifier key, name+id+key: then no keystore is needed")
    .addOption(keysOption())
    .addOption(jsonOption())
    .action((options: Options & { checkpoint?: string; log?: string; key?: string }) => verify(options));
  audit
    .command('show')
    .description('entries in their order')
    .option('--who <name>', 'only what this person did')
    .option('--what <action>', 'only one kind: publish, open, grant, revoke, rewrap, erase, …')
    .option('--dataset <name>', 'only what was done to a dataset, NAME or NAME/VERSION')
    .option('--since <time>', 'from then on', parseTime)
    .addOption(keysOption())
    .addOption(jsonOption())
    .action((options: Options & { who?: string; what?: string; dataset?: string; since?: number }) => show(options));
  audit
    .command('checkpoint')
    .description('print the signed checkpoint and the key that checks it: keep both elsewhere')
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const log = await ownLog(options);
      const checkpoint = await log.checkpoint();
      if (options.json) process.stdout.write(JSON.stringify({ checkpoint, key: log.verifierKey }) + '\n');
      else process.stdout.write(checkpoint);
      if (!options.json) process.stderr.write(`check it with --key ${log.verifierKey}\n`);
    });
}

async function ownLog({ keys }: Options) {
  const keystore = await openKeystore(keys);
  return openAudit(join(keystore.folder, 'audit'), keystore.signing());
}

async function verify(options: Options & { checkpoint?: string; log?: string; key?: string }): Promise<void> {
  const { checkpoint, log, key, json } = options;
  if (key !== undefined && log === undefined) throw new CommandError(EXIT.usage, '--key goes with --log DIR');
  const kept = checkpoint === undefined ? undefined : await text(checkpoint);
  const report: AuditReport =
    log === undefined
      ? await (await ownLog(options)).verify(kept)
      : await verifyAudit(log, key ?? (await ownLog(options)).verifierKey, kept);
  if (json) process.stdout.write(JSON.stringify(report) + '\n');
  else {
    for (const { line, problem } of report.problems)
      process.stdout.write(`${line === null ? 'log' : `line ${line}`}: ${problem}\n`);
    process.stdout.write(`${report.entries} entries, root ${report.root}\n`);
  }
  if (!report.ok) throw new CommandError(EXIT.checkFailed, `${report.problems.length} problems`);
}

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new CommandError(EXIT.usage, `${file}: cannot be read`);
  }
}

async function show(options: Options & { who?: string; what?: string; dataset?: string; since?: number }) {
  const { who, what, dataset, since } = options;
  const filter = {
    ...(who === undefined ? {} : { who }),
    ...(what === undefined ? {} : { action: what }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
  };
  try {
    for await (const entry of (await ownLog(options)).show(filter))
      process.stdout.write((options.json ? JSON.stringify(entry) : plain(entry)) + '\n');
  } catch (error) {
    if (error instanceof AuditFault) throw new CommandError(EXIT.checkFailed, error.message);
    throw error;
  }
}

/** One entry for people; control characters of names do not reach the terminal. */
function plain({ index, time, actor, action, subject, details }: LoggedEntry): string {
  const said = `${index}  ${time}  ${actor}  ${action}  ${subject}  ${JSON.stringify(details ?? {})}`;
  return said.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
