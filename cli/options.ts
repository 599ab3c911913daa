/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';

export const outOption = () => new Option('--out <dir>', 'output folder or s3:// address').default('garner-out');
export const keysOption = () =>
  new Option('--keys <dir>', "keystore folder (default: under the user's configuration folder)");
export const addressOption = () =>
  new Option('--address <host:port>', 'Temporal server; without it one is started for the command');
export const guardKeyOption = () =>
  new Option('--guard-key <files...>', 'keys of the guard files (default: FILE.key beside each)');
export const jsonOption = () => new Option('--json', 'machine-readable output on stdout');

export const onFailureOption = () =>
  new Option(
    '--on-failure <what>',
    'a shard that cannot be mended by trying again ends the run, or waits for `garner retry`',
  )
    .choices(['fail', 'wait'])
    .default('fail');

export const tracesOption = () =>
  new Option('--traces <url>', 'OTLP/HTTP collector that gets traces, such as http://127.0.0.1:4318').argParser(
    parseUrl,
  );

/** RFC 3339 or `YYYY-MM-DD` to milliseconds since 1970-01-01 UTC. */
export function parseTime(text: string): number {
  const match = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.exec(text);
  const time = match ? Date.parse(match[2] ? text : `${text}T00:00:00Z`) : NaN;
  // Date.parse turns 30 February into 2 March: the day must come back as it was written.
  const day = match ? new Date(`${match[1]}T00:00:00Z`) : null;
  if (Number.isNaN(time) || !day || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== match![1])
    throw new InvalidArgumentError('give a time such as 2026-05-01T00:00:00Z or a day such as 2026-05-01');
  return time;
}

/** `FROM/TO` as days or times; TO is exclusive, a day as TO means its end. */
export function parseWindow(text: string): { from: number; to: number } {
  const [from, to, more] = text.split('/');
  if (!from || !to || more !== undefined) throw new InvalidArgumentError('give FROM/TO, such as 2026-05-01/2026-05-31');
  const window = { from: parseTime(from), to: parseTime(to) + (to.includes('T') ? 0 : 86_400_000) };
  if (window.to <= window.from) throw new InvalidArgumentError('TO lies before FROM');
  return window;
}

export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('give a whole number of 1 or more');
  return value;
}

/** A whole number from 0. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('give a whole number');
  return value;
}

/** `127.0.0.1:8080`, `[::1]:8080` or `host:0` for a free port. */
export function parsePlace(text: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 65535) throw new InvalidArgumentError('give a host and port such as 127.0.0.1:8080');
  return { host: match[1]!.replace(/^\[(.*)\]$/, '$1'), port: Number(match[2]) };
}

/** An http or https address. */
function parseUrl(text: string): string {
  if (!/^https?:\/\/[^\s/]+/.test(text))
    throw new InvalidArgumentError('give an address such as http://127.0.0.1:4318');
  return text;
}

/** Bytes: `64MB`, `1GiB`, or a plain number. */
export function parseBytes(text: string): number {
  const match = /^(\d+)\s*([kmg]i?b?)?$/i.exec(text);
  const power = match?.[2] ? 'kmg'.indexOf(match[2][0]!.toLowerCase()) + 1 : 0;
  const value = match ? Number(match[1]) * 1024 ** power : NaN;
  if (!Number.isSafeInteger(value) || value < 1024)
    throw new InvalidArgumentError('give a size of 1 KB or more, such as 64MB');
  return value;
}

/** A word as a shell takes it back: addresses have ? and & in them. */
export const inShell = (word: string) => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `--out` as a command that is shown to people needs it; nothing where it is the default. */
export const outHint = (out: string) => (out === 'garner-out' ? '' : ` --out ${inShell(out)}`);
