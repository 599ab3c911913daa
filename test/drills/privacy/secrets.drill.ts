/** Plants a thousand secrets of all kinds in every text field of kept suggestions, and looks for eight characters of any in all that is left. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { openStore } from '../../../storage/objects.ts';
import { datasetRows } from '../../../storage/guard/rows.ts';
import { positives, type Positive } from '../../curation/redaction/labelled/positives.ts';
import { filesUnder, PROJECT, workplace, type Ended } from '../../command.ts';
import { Haystack } from '../planted/haystack.ts';
import { exportedHistory } from '../planted/history.ts';
import { NOW, Planted, type Suggestion } from '../planted/place.ts';

const seed = Number(process.env['DRILL_SEED'] ?? Date.now() % 1e9);
const SECRETS = 1000;
const WIDTH = 8;
const place = workplace('secrets');
const planted = new Planted(seed);

/** Where a text with a secret goes; split ones are cut in the middle of it. */
const FIELDS: Record<string, (text: string, secret: string) => Partial<Suggestion>> = {
  prefix: (text) => ({ prefix: `${planted.code(3)}${text}\n${planted.code(2)}` }),
  completion: (text) => ({ completion: `${planted.code(4)}${text}\n${planted.code(4)}` }),
  suffix: (text) => ({ suffix: `${planted.code(2)}${text}\n${planted.code(2)}` }),
  context: (text) => ({ context: [{ path: `src/${planted.letters(6)}.ts`, text: `${planted.code(2)}${text}\n` }] }),
  captured: (text) => ({ rejected: true, captured: `${planted.code(3)}${text}\n${planted.code(3)}` }),
  'prefix|completion': (text, secret) => {
    const [before, after] = cut(text, secret);
    return { prefix: planted.code(4) + before, completion: `${after}\n${planted.code(6)}` };
  },
  'completion|suffix': (text, secret) => {
    const [before, after] = cut(text, secret);
    return { completion: planted.code(6) + before, suffix: `${after}\n${planted.code(3)}` };
  },
};

function cut(text: string, secret: string): [string, string] {
  const at = text.indexOf(secret) + (secret.length >> 1);
  return [text.slice(0, at), text.slice(at)];
}

interface Plant {
  positive: Positive;
  field: string;
}

/** Windows of eight characters of all secrets, to the plant they belong to. */
const windows = new Map<string, Plant>();
const plants: Plant[] = [];

function* recognise(text: string): Generator<string> {
  for (let at = 0; at + WIDTH <= text.length; at++) {
    const window = text.slice(at, at + WIDTH);
    if (windows.has(window)) yield window;
  }
}
const haystack = new Haystack(recognise);

function plant(): void {
  const urls = Array.from({ length: 12 }, (_, n) => planted.repository(`acme/open${n}`));
  const kinds = new Set(positives(seed, 1).map(({ kind }) => kind)).size;
  const all = positives(seed, Math.ceil(SECRETS / kinds) + 1);
  // A piece that stands in other planted text as well says nothing.
  const elsewhere = new Set<string>();
  // Nor does one that the program itself writes: names of rules, the beginning of its own keys.
  for (const folder of ['config', 'curation', 'storage'])
    for (const file of filesUnder(join(PROJECT, folder))) addWindows(readFileSync(file, 'latin1'), elsewhere);
  const fields = Object.keys(FIELDS);
  all.forEach((positive, n) => {
    const field = fields[n % fields.length]!;
    plants.push({ positive, field });
    planted.suggest(`secrets${n % 5}.jsonl`, {
      ...{ url: urls[n % urls.length]!, path: `src/${planted.letters(6)}.ts`, user: planted.user(`u${n}`) },
      ...{ prefix: planted.code(5), completion: planted.code(2), suffix: planted.code(2) },
      ...FIELDS[field]!(positive.text, positive.secrets[0]!),
    });
    const rest = positive.secrets.reduce((text, secret) => text.replaceAll(secret, '\0'), positive.text);
    addWindows(rest, elsewhere);
  });
  const known = documentedBeginnings();
  for (const one of plants)
    one.positive.secrets.forEach((secret, part) => {
      const from = part === 0 ? (known.get(one.positive.kind) ?? 0) : 0;
      for (let at = from; at + WIDTH <= secret.length; at++) {
        const window = secret.slice(at, at + WIDTH);
        // One word of a phrase is a word: `system s` stands in the server's own tables.
        const isWord = secret.includes(' ') && !/\S{3} \S{3}/.test(window);
        if (!isWord && !elsewhere.has(window)) windows.set(window, one);
      }
    });
}

/** Where the secret part of each kind begins, less three characters: what all of a kind begin with is documented and no secret. */
function documentedBeginnings(): Map<string, number> {
  const common = new Map<string, string>();
  for (const { positive } of plants) {
    const first = positive.secrets[0]!;
    const known = common.get(positive.kind) ?? first;
    let end = 0;
    while (end < known.length && known[end] === first[end]) end++;
    common.set(positive.kind, known.slice(0, end));
  }
  return new Map([...common].map(([kind, { length }]) => [kind, Math.max(0, length - 3)]));
}

function addWindows(text: string, into: Set<string>): void {
  for (let at = 0; at + WIDTH <= text.length; at++) into.add(text.slice(at, at + WIDTH));
}

const said = (name: string, { stdout, stderr }: Ended) => {
  haystack.add(`${name}: stdout`, stdout);
  haystack.add(`${name}: stderr`, stderr);
};

let summary: RunSummary;
let rows = 0;

beforeAll(async () => {
  plant();
  planted.write(place.path('in'));
  writeFileSync(
    place.path('in', 'policy.yaml'),
    'version: 1\npurpose: model-improvement\noutput: { name: a, audience: [copilot-team], formats: [kto, sft, dpo, fim] }\n',
  );
  const ended = place.garner(
    ...['run', '--input', place.path('in', 'events'), '--facts', place.path('in', 'facts'), '--now', NOW, '--json'],
    ...['--policy', place.path('in', 'policy.yaml'), '--out', place.path('out'), '--shard-bytes', '500KB'],
  );
  expect([ended.stderr, ended.status]).toEqual(['', 0]);
  summary = JSON.parse(ended.stdout) as RunSummary;
  said('run', ended);
  said('ledger', place.garner('ledger', summary.runId, '--out', place.path('out'), '--json'));
  said('open', place.garner('open', place.path('out', summary.dataset), '--out', place.path('opened')));
  const texts: string[] = [];
  for await (const row of datasetRows(openStore(place.path('opened')), [], place.path('scratch'))) {
    rows++;
    for (const { text } of row.texts) texts.push(text);
  }
  haystack.add('rows', texts.join('\0'));
  haystack.add('exported history', (await exportedHistory(place.path('out'))).bytes);
  for (const folder of ['out', 'opened', 'config'])
    if (existsSync(place.path(folder))) haystack.addFolder(folder, place.path(folder));
});
afterAll(() => place.remove());

const isRows = (at: string) => at === 'rows' || at.startsWith('opened: data/');

describe(`secrets of seed ${seed}`, () => {
  it('are a thousand, of all kinds, in every text field, and most of their suggestions are published', () => {
    console.log(`${plants.length} secrets of ${new Set(plants.map(({ positive }) => positive.kind)).size} kinds in ${Object.keys(FIELDS).length} fields; ${summary.examples} examples, ${rows} rows; ${haystack.bytes} bytes searched at ${haystack.found.size} places`); // prettier-ignore
    console.log('reasons', JSON.stringify(summary.reasons));
    expect(plants.length).toBeGreaterThanOrEqual(SECRETS);
    expect(summary.examples).toBeGreaterThan(SECRETS / 2);
  });

  it('are nowhere outside the rows: not in the ledger, logs, history, or any file', () => {
    const found = haystack.leaks((at) => isRows(at));
    const told = found.map(
      ([at, words]) =>
        `${at}: ${words.map((word) => `${windows.get(word)!.positive.kind} ${JSON.stringify(word)}`).join(', ')}`,
    );
    expect(told).toEqual([]);
  });

  it('are not in the rows: not eight characters in a row of any', () => {
    const found = new Set<Plant>();
    for (const [at, words] of haystack.found) if (isRows(at)) for (const word of words) found.add(windows.get(word)!);
    for (const field of Object.keys(FIELDS)) {
      const own = plants.filter((one) => one.field === field);
      console.log(
        `  ${field}: ${own.filter((one) => found.has(one)).length} of ${own.length} secrets left eight characters`,
      );
    }
    const told = [...found].map(
      ({ positive, field }) => `${positive.kind} in ${field}: ${JSON.stringify(positive.text)}`,
    );
    expect(told).toEqual([]);
  });

  it('would be found: a piece of one is recognised in the events', () => {
    const search = new Haystack(recognise);
    search.add('x', plants.map(({ positive }) => positive.text).join('\n'));
    const known = new Set([...search.found.get('x')!].map((word) => windows.get(word)));
    expect(known.size).toBeGreaterThan(plants.length * 0.98);
  });
});
