/** Measures the rules: facts of a million repositories and users built and looked up, ten thousand patterns, and a judgement of each kind. */
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePolicy } from '../config/policy.ts';
import type { CanonicalEvent } from '../curation/events/event.ts';
import { buildFacts, type Facts } from '../curation/rules/facts.ts';
import { compileRules, type RulePolicy, type Rules } from '../curation/rules/judge.ts';
import { repositoryId } from '../curation/rules/repository/remote.ts';
import { raw } from '../curation/text.ts';
import { openFacts } from '../storage/facts.ts';

type Row = Record<string, number | string>;

const NOW = Date.parse('2026-05-10T00:00:00Z');
const EVENT = Date.parse('2026-05-01T00:00:00Z');
const PATTERNS = 10_000;
const PATHS = 50_000;

/** `subjects` repositories and as many users; 10,000,000 take some minutes and 3 GB of temporary files. */
export async function benchRules(subjects = 1_000_000): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'garner-bench-rules-'));
  try {
    return [...(await benchFacts(folder, subjects)), ...benchPatterns(), ...benchJudgements()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchFacts(folder: string, subjects: number): Promise<Row[]> {
  const source = join(folder, 'facts');
  await mkdir(source);
  const since = '2020-01-01T00:00:00Z';
  await writeLines(join(source, 'repositories.jsonl'), subjects, (at) =>
    JSON.stringify({
      host: 'github.com',
      id: at + 1,
      owner: `owner${at % 99_991}`,
      name: `name${at}`,
      visibility: 'public',
      since,
    }),
  );
  await writeLines(join(source, 'consents.jsonl'), subjects, (at) =>
    JSON.stringify({ userId: `user-${at}`, plan: 'pro', training: 'allowed', since }),
  );
  const started = performance.now();
  const { facts, digest, close } = await openFacts(source, join(folder, 'snapshot'));
  const seconds = (performance.now() - started) / 1000;
  const size = statSync(join(folder, 'snapshot', `facts-2-${digest}`, 'facts.mdb')).size;
  const builtMemory = memory();
  const count = Math.min(subjects, 500_000);
  const order = Array.from({ length: count }, (_, at) => (at * 7_919 * 131) % subjects);
  const rows: Row[] = [
    { what: `repositories and users of the facts`, value: subjects },
    { what: 'seconds to check and build the snapshot', value: seconds.toFixed(1) },
    { what: 'MB of snapshot', value: Math.round(size / 1e6) },
    { what: 'MB of memory of its own after building (RssAnon)', value: builtMemory.own },
    {
      what: 'users looked up a second',
      value: perSecond(count, () => order.forEach((at) => used(facts.consents(`user-${at}`)))),
    },
    {
      what: 'repositories looked up a second (name, then history)',
      value: perSecond(count, () => order.forEach((at) => repositoryLookUp(facts, at))),
    },
  ];
  const rules = compileRules(policyOf([]), facts, NOW);
  const judged = perSecond(count, () =>
    order.forEach((at) => used(judge(rules, `https://github.com/owner${at % 99_991}/name${at}`, 'src/a.ts'))),
  );
  const users = perSecond(count, () => order.forEach((at) => used(rules.judgeConsent(`user-${at}`, 'pro', EVENT))));
  rows.push(
    { what: 'µs to judge an origin in a repository met for the first time', value: micros(judged) },
    { what: 'µs to judge a user met for the first time', value: micros(users) },
    { what: 'MB of memory of its own after all look-ups (RssAnon)', value: memory().own },
    { what: 'MB of memory with the mapped snapshot (VmRSS)', value: memory().all },
  );
  await close();
  return rows;
}

function repositoryLookUp(facts: Facts, at: number): void {
  const [id] = facts.repositoriesByName(repositoryId('github.com', `owner${at % 99_991}`, `name${at}`));
  used(facts.history('github.com', id!));
}

function benchPatterns(): Row[] {
  const forms = [
    (at: number) => `/area${at}/**`,
    (at: number) => `**/secret${at}/*.key`,
    (at: number) => `*.k${at}x`,
    (at: number) => `services/team${at}/config`,
    (at: number) => `**/gen${at}*/**/*.ts`,
    (at: number) => `*token${at}?.json`,
    (at: number) => `docs/{a,b}${at}/**`,
  ];
  const started = process.cpuUsage();
  const rules = compileRules(
    policyOf(Array.from({ length: PATTERNS }, (_, at) => forms[at % forms.length]!(at))),
    factsOfOne(),
    NOW,
  );
  const compiled = process.cpuUsage(started).user / 1e6;
  const path = (at: number): string =>
    `packages/part${at % 97}/src/module${at}/view-${at % 31}/index${at}.component.ts`;
  const url = 'https://github.com/acme/app';
  for (let at = 0; at < 5_000; at++) used(judge(rules, url, path(PATHS + at)));
  const distinct = perSecond(PATHS, () => {
    for (let at = 0; at < PATHS; at++) used(judge(rules, url, path(at)));
  });
  const again = perSecond(PATHS, () => {
    for (let at = 0; at < PATHS; at++) used(judge(rules, url, path(at)));
  });
  return [
    { what: `seconds to compile ${PATTERNS} patterns`, value: compiled.toFixed(2) },
    { what: `µs to judge a path for the first time under ${PATTERNS} patterns`, value: micros(distinct) },
    { what: 'µs to judge a path again', value: micros(again) },
  ];
}

function benchJudgements(): Row[] {
  const rules = compileRules(policyOf(['**/.env*', '*.pem']), factsOfOne(), NOW);
  const count = 200_000;
  const event: CanonicalEvent = {
    ...{ id: 'e', type: 'accepted', time: EVENT, suggestionId: 's', user: { id: 'u1' }, client: {} },
    repository: { url: 'https://github.com/acme/app' },
    document: { path: 'src/a.ts' },
    prompt: {
      prefix: raw('a'),
      context: ['src/b.ts', 'src/c.ts'].map((path) => ({ path, text: raw('b') })),
    },
    completion: raw('c'),
  };
  const row = (what: string, work: (at: number) => void): Row => {
    for (let at = 0; at < 20_000; at++) work(-1 - at);
    return {
      what,
      value: micros(
        perSecond(count, () => {
          for (let at = 0; at < count; at++) work(at);
        }),
      ),
    };
  };
  return [
    row('µs to judge an event with two pieces of context, all met before', () => used(rules.judgeEvent(event))),
    row('µs to judge a distinct path under two patterns', (at) =>
      used(judge(rules, 'https://github.com/acme/app', `src/m${at}/x${at}.ts`)),
    ),
    row('µs to judge a remote met before, spelled with new credentials', (at) =>
      used(judge(rules, `https://u${at}:p@github.com/acme/app.git`, 'src/a.ts')),
    ),
  ];
}

function judge(rules: Rules, url: string, path: string) {
  return rules.judgeOrigin({ repository: { url }, path }, EVENT);
}

function policyOf(patterns: string[]): RulePolicy {
  const text = `version: 1\npurpose: model-improvement\npaths: {exclude: {'*': ${JSON.stringify(patterns)}}}\noutput: {name: bench, formats: [sft], audience: [copilot-team]}\n`;
  return parsePolicy('bench.yaml', text).rules;
}

function factsOfOne(): Facts {
  const since = '2020-01-01T00:00:00Z';
  return buildFacts([
    {
      name: 'repositories.jsonl',
      text: JSON.stringify({ host: 'github.com', id: 1, owner: 'acme', name: 'app', visibility: 'public', since }),
    },
    { name: 'consents.jsonl', text: JSON.stringify({ userId: 'u1', plan: 'pro', training: 'allowed', since }) },
  ]);
}

async function writeLines(path: string, count: number, line: (at: number) => string): Promise<void> {
  const out = createWriteStream(path);
  for (let at = 0; at < count;) {
    let block = '';
    for (const end = Math.min(count, at + 5_000); at < end; at++) block += `${line(at)}\n`;
    if (!out.write(block)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

/** Calls a second of processor time. */
function perSecond(count: number, work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return Math.round((count / (user + system)) * 1e6);
}

function micros(perSecond: number): string {
  return (1e6 / perSecond).toFixed(2);
}

/** MB as the kernel counts them: `own` without the pages of mapped files, which it takes back whenever it likes. */
function memory(): { own: number; all: number } {
  globalThis.gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const mb = (field: string): number =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { own: mb('RssAnon'), all: mb('VmRSS') };
}

let kept: unknown;
/** Keeps a result, so that the call is not optimised away. */
function used(value: unknown): void {
  kept = value;
}

/** `node --expose-gc dist/bench/rules.js 10000000`: this bench alone, at another size. */
if (process.argv[1]?.endsWith('rules.js')) {
  console.table(await benchRules(Number(process.argv[2] ?? 1_000_000)));
  used(kept);
}
