/** garner fingerprint: what a private code base can be recognised by, as a file that holds none of it. */
import type { Command } from 'commander';
import { buildGuard, type BuiltGuard } from '../../storage/guard/file.ts';
import { keyFileOf, openGuardKey } from '../../storage/guard/key.ts';
import { PASSED_OVER } from '../../storage/guard/corpus.ts';
import { jsonOption, parseBytes } from '../options.ts';
import { group } from '../runs/progress.ts';

interface Options {
  source: string[];
  out: string;
  keyFile?: string;
  passOver: string[];
  memory: number;
  json?: boolean;
}

export function fingerprintCommand(program: Command): void {
  program
    .command('fingerprint')
    .description('make a guard file of a private code base, for `run --guard` and `audit-overlap`')
    .requiredOption('--source <dirs...>', 'folders of the code base')
    .requiredOption('--out <file>', 'the guard file')
    .option('--key-file <file>', 'its key, made where there is none (default: FILE.key beside the guard file)')
    .option('--pass-over <names...>', 'names of folders that are not entered', [...PASSED_OVER])
    .option(
      '--memory <size>',
      'most memory of the filter; past it every copy of 30 lexemes is found, not of 20',
      parseBytes,
      1 << 30,
    )
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const keyFile = options.keyFile ?? keyFileOf(options.out);
      const built = await buildGuard({
        ...{ folders: options.source, out: options.out, key: await openGuardKey(keyFile), memory: options.memory },
        passedOver: options.passOver,
        progress: progressOf(options.json === true),
      });
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
      if (options.json) {
        const { header, counts, sha256, size } = built;
        process.stdout.write(JSON.stringify({ ...header, ...counts, sha256, size, out: options.out, keyFile }) + '\n');
      } else process.stdout.write(summary(built, options.out, keyFile));
    });
}

function progressOf(silent: boolean): (bytes: number) => void {
  let done = 0;
  let said = 0;
  return (bytes) => {
    done += bytes;
    if (silent || !process.stderr.isTTY || done - said < 8e6) return;
    said = done;
    process.stderr.write(`\r\u001b[2K${group(Math.round(done / 1e6))} MB read`);
  };
}

function summary({ header, counts, sha256, size }: BuiltGuard, out: string, keyFile: string): string {
  const { mode, fingerprints, short, keyId } = header;
  const runs =
    mode === 'all' ? 'every run of 20 lexemes' : 'a winnowed sixth of all runs: copies of 30 lexemes are found';
  return [
    `${group(counts.files)} text files of ${group(counts.bytes)} bytes, ${group(fingerprints)} fingerprints (${runs})`,
    `passed over: ${group(counts.binary)} binary files, ${group(counts.links)} links, ${group(counts.folders)} folders; ${group(short)} files are too short to leave anything`,
    `guard file  ${out} (${group(size)} bytes, sha256 ${sha256})`,
    `its key     ${keyFile} (id ${keyId}): keep it apart from the guard file`,
    '',
  ].join('\n');
}
