/** Measures redaction: on ordinary source beside a bare scan of memory, and on lines made to be slow. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBuiltinRules } from '../config/redaction.ts';
import { createRedactor } from '../curation/redaction/redactor.ts';
import { megabytesPerSecond } from './guard.ts';
import type { JudgedText } from '../curation/text.ts';

const MILLION = 1_000_000;
/** Passes over the source: all expressions are compiled, and the engine has settled, after about six. */
const PASSES = 12;
/** Length of the lines that repeat each keyword: long enough that anything superlinear shows. */
const SHORT_LINE = 50_000;

/** Source files of the packages that are installed anyway, up to 16 MB; a file is at most 300 kB. */
function ordinarySource(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, '../node_modules'), join(here, '../../node_modules')];
  const texts: string[] = [];
  let total = 0;
  for (const place of places) {
    let names: string[];
    try {
      names = readdirSync(place, { recursive: true, encoding: 'utf8' });
    } catch {
      continue;
    }
    for (const name of names.sort()) {
      if (!/\.[cm]?[jt]s$/.test(name) || /\.min\.|\.cache/.test(name)) continue;
      const text = readFileSync(join(place, name), 'utf8');
      if (text.length > 300_000) continue;
      texts.push(text);
      total += text.length;
      if (total > 16 * MILLION) return texts;
    }
    if (texts.length > 0) break;
  }
  return texts;
}

/** Processor time of `work` in milliseconds, so that neighbours on the machine count less. */
function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

let sink = 0;
function bareScan(text: string): void {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum + text.charCodeAt(i)) | 0;
  sink ^= sum;
}

/** Rows for the bench report: speed on source, and milliseconds for lines that repeat one piece. */
export async function benchRedaction(): Promise<Record<string, number | string>[]> {
  const rules = loadBuiltinRules();
  const startUp = processorTime(() => createRedactor(rules));
  const redactor = createRedactor(rules);
  const texts = ordinarySource();
  const units = texts.reduce((sum, text) => sum + text.length, 0);
  const rows: Record<string, number | string>[] = [
    {
      what: 'redaction, ordinary source',
      'MB/s': megabytesPerSecond(
        texts,
        (text) => (sink ^= redactor.redactText(text as JudgedText).findings.length),
        PASSES,
      ),
      MB: Math.round(units / MILLION),
      rules: rules.length,
      'start ms': Math.round(startUp),
    },
    { what: 'bare memory scan', 'MB/s': megabytesPerSecond(texts, bareScan), MB: Math.round(units / MILLION) },
  ];
  const pieces = new Set([
    'key_',
    'password=',
    'password: "',
    'eyJ-',
    'eyJ.',
    '"+"',
    '\\n',
    '\\"',
    '%41',
    '1.2.',
    '::',
    'a@',
    '://a',
    'seed a ',
    ' -p',
    '"a',
    'AKIA-',
    '+1',
    '1 1',
    'a1',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----\n',
  ]);
  for (const rule of rules) for (const keyword of rule.keywords) if (!keyword.includes('[')) pieces.add(`${keyword}=`);
  let slowest = { what: '', ms: 0 };
  const timed = (piece: string, length: number): number => {
    const text = piece.repeat(Math.ceil(length / piece.length)) as JudgedText;
    return Math.round(processorTime(() => (sink ^= redactor.redactText(text).findings.length)));
  };
  rows.push({ what: '1 MB of key_', ms: timed('key_', MILLION) });
  for (const piece of pieces) {
    const ms = timed(piece, SHORT_LINE);
    if (ms > slowest.ms) slowest = { what: `50 kB of ${JSON.stringify(piece)}`, ms };
  }
  rows.push({ what: `slowest of ${pieces.size} repeated pieces: ${slowest.what}`, ms: slowest.ms });
  if (sink === 0.5) rows.push({ what: 'never: keeps the work above from being optimised away' });
  return Promise.resolve(rows);
}
