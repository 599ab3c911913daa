/** garner generate: writes a sample of events and the facts that belong to them. */
import { InvalidArgumentError, type Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import { outOption, parseCount } from '../options.ts';
import { group } from '../runs/progress.ts';
import { generate, SampleRefused } from './write.ts';

interface Options {
  events: number;
  seed: number;
  out: string;
  sources?: string;
  now?: string;
  json?: boolean;
}

export function generateCommand(program: Command): void {
  program
    .command('generate')
    .description('write a sample: realistic events and their facts, the same for the same seed and installed packages')
    .option('--events <n>', 'how many lines of events', parseCount, 10_000)
    .option('--seed <s>', 'a whole number; another seed gives another sample', parseSeed, 1)
    .addOption(outOption())
    .option(
      '--sources <dir>',
      "a folder of installed packages to take public code from (default: the project's node_modules)",
    )
    .option('--now <time>', 'the events lie in the two weeks before (default: 2026-05-01T00:00:00Z)')
    .option('--json', 'machine-readable output on stdout')
    .action(async ({ json, ...options }: Options) => {
      const isTerminal = process.stderr.isTTY === true;
      const progress = (lines: number): void => {
        if (isTerminal) process.stderr.write(`\r\u001b[2K${group(lines)} of ${group(options.events)} events`);
      };
      const written = await generate({ ...options, progress }).catch((error: unknown) => {
        throw error instanceof SampleRefused ? new CommandError(EXIT.usage, error.message) : error;
      });
      if (isTerminal) process.stderr.write('\r\u001b[2K');
      if (json) process.stdout.write(`${JSON.stringify({ ...written, out: options.out })}\n`);
      else process.stdout.write(summary(written, options.out));
    });
}

function summary({ events, files, bytes }: { events: number; files: number; bytes: number }, out: string): string {
  const size = `${group(Math.ceil(bytes / 1024))} KiB in ${group(files)} files`;
  return `${group(events)} events in ${out}/events, their facts in ${out}/facts (${size})\n`;
}

function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('give a whole number from 0');
  return value;
}
