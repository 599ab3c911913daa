/** The engine's two record stages over events at hand, without files, Temporal or DuckDB: milliseconds a run. */
import { parsePolicy } from '../../../config/policy.ts';
import { loadBuiltinRules } from '../../../config/redaction.ts';
import type { FormatName } from '../../../curation/events/adapters.ts';
import { fingerprintKey } from '../../../curation/overlap/fingerprint.ts';
import { FingerprintFilter } from '../../../curation/overlap/filter.ts';
import { eachFingerprint } from '../../../curation/overlap/grams.ts';
import { createRedactor } from '../../../curation/redaction/redactor.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { Admission } from '../../../curation/stages/admit.ts';
import { assemble } from '../../../curation/stages/assemble.ts';
import type { AssembledExample } from '../../../curation/stages/example.ts';
import { privateRefusal, type NamedDocument, type Withheld } from '../../../curation/stages/private/guarded.ts';
import { KeyedHash } from '../../../curation/stages/keyed.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import type { AdmittedRecord } from '../../../curation/stages/record.ts';

const NOW = Date.parse('2026-05-10T00:00:00Z');
const redactor = createRedactor(loadBuiltinRules());
const key = (name: string) => Buffer.alloc(32, name);

export const FACTS = {
  repositories: [
    {
      host: 'github.com',
      id: 1,
      owner: 'acme',
      name: 'app',
      visibility: 'public',
      since: '2020-01-01T00:00:00Z',
      license: 'MIT',
    },
    { host: 'github.com', id: 2, owner: 'acme', name: 'secret', visibility: 'private', since: '2020-01-01T00:00:00Z' },
    { host: 'github.com', id: 3, owner: 'acme', name: 'other', visibility: 'public', since: '2020-01-01T00:00:00Z' },
  ] as object[],
  consents: [
    { userId: 'u1', plan: 'pro', training: 'allowed', since: '2020-01-01T00:00:00Z' },
    { userId: 'u2', plan: 'pro', training: 'allowed', since: '2020-01-01T00:00:00Z' },
    { userId: 'u3', plan: 'pro', training: 'denied', since: '2020-01-01T00:00:00Z' },
  ] as object[],
};

export interface Curated {
  rows: LedgerRow[];
  examples: AssembledExample[];
  records: AdmittedRecord[];
  fingerprints: number;
  row(event: string): LedgerRow;
}

export interface CurateOptions {
  facts?: { repositories?: object[]; consents?: object[]; files?: { name: string; text: string }[] };
  policy?: string;
  format?: FormatName;
  window?: { from: number; to: number };
  guard?: boolean;
}

/** Each source is admitted as a shard of its own, in the order given. */
export function curate(sources: (object | string)[][], options: CurateOptions = {}): Curated {
  const jsonl = (values: object[]) => values.map((value) => JSON.stringify(value)).join('\n') + '\n';
  const facts = buildFacts([
    { name: 'repositories.jsonl', text: jsonl([...FACTS.repositories, ...(options.facts?.repositories ?? [])]) },
    { name: 'consents.jsonl', text: jsonl([...FACTS.consents, ...(options.facts?.consents ?? [])]) },
    ...(options.facts?.files ?? []),
  ]);
  const head =
    'version: 1\npurpose: model-improvement\noutput: {name: test, audience: [copilot-team], formats: [kto, dpo]}\n';
  const policy = parsePolicy('policy.yaml', head + (options.policy ?? 'paths: {exclude: {"*": ["**/.env*"]}}\n'));
  const rules = compileRules(policy.rules, facts, NOW);
  const guard = options.guard === false ? null : fingerprintKey(key('guard'));
  const filter = FingerprintFilter.sized(10_000);
  const rows: LedgerRow[] = [];
  const records: AdmittedRecord[] = [];
  let fingerprints = 0;
  const requests = new Map<string, string>();
  const withheld: Withheld[] = [];
  const named = new Map<string, NamedDocument[]>();
  sources.forEach((events, index) => {
    const admission = new Admission(
      {
        rules,
        redactor,
        adapter: policy.adapters,
        guard,
        joinKey: key('join'),
        pseudonymKey: key('pseudonym'),
        buckets: 1,
      },
      {
        row: (row) => rows.push(row),
        record: (_, record) => records.push(JSON.parse(JSON.stringify(record)) as AdmittedRecord),
        admitted: () => undefined,
        fingerprint: (high, low) => {
          fingerprints++;
          filter.add(high, low);
        },
        link: (suggestion, request) => void (request !== undefined && requests.set(suggestion, request)),
        redactions: () => undefined,
        withheld: (text) => withheld.push(text),
        documents: (request, documents) => void named.set(request, [...(named.get(request) ?? []), ...documents]),
      },
    );
    admission.source(index, `source-${index}`, options.format ?? 'garner');
    events.forEach((event, line) => {
      const bytes = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
      admission.record({ line: line + 1, bytes, final: false });
    });
    admission.finish();
  });
  for (const record of records) record.request ??= requests.get(record.suggestion);
  const home = (request: string) => requests.get(request) ?? request;
  for (const { request, origin, time, prints } of withheld) {
    const documents = [...named].flatMap(([of, some]) => (home(of) === home(request) ? some : []));
    if (privateRefusal(origin, time, documents, rules))
      eachFingerprint(Buffer.from(prints, 'base64'), (high, low) => {
        fingerprints++;
        filter.add(high, low);
      });
  }
  const assembled = assemble(records, {
    ...{
      rules,
      redactor,
      rubric: policy.labels,
      dropWhenCovered: policy.redaction.dropWhenCovered,
      pairs: true,
      paths: true,
    },
    sources: sources.map((_, index) => `source-${index}`),
    window: options.window ?? null,
    overlap: guard && fingerprints > 0 ? { key: guard, has: (high, low) => filter.has(high, low) } : null,
    contamination: null,
    keys: new KeyedHash(key('selection')),
    idPrefix: '0000',
  });
  const all = [...rows, ...assembled.rows];
  return {
    ...{ rows: all, examples: assembled.examples, records, fingerprints },
    row: (event) => {
      const found = all.filter((row) => row.event === event);
      if (found.length !== 1) throw new Error(`${found.length} rows of ${event}`);
      return found[0]!;
    },
  };
}

const WORDS =
  'alpha bravo cargo delta ember frost gamma harbor ivory jumbo kayak lunar mango nickel orbit panda quartz raven sierra tundra'.split(
    ' ',
  );

/** A function of its own kind for each seed: more than 20 lexemes, none shared between seeds but syntax. */
export function code(seed: number): string {
  const word = (step: number) => `${WORDS[(seed * 7 + step * 3) % WORDS.length]}${seed}x${step}`;
  return `function ${word(0)}(${word(1)}) {\n  const ${word(2)} = ${word(1)}.filter((${word(3)}) => ${word(3)}.${word(4)} > ${seed}${1});\n  return ${word(2)}.map((${word(5)}) => ${word(5)} * ${seed});\n}\n`;
}

let serial = 0;

/** An accepted suggestion in acme/app; fields given replace or add. */
export function accepted(given: Record<string, unknown> = {}): Record<string, unknown> {
  const id = `e${++serial}`;
  return {
    ...{ id, type: 'accepted', time: '2026-05-01T10:00:00.000Z', suggestionId: `s-${id}`, user: { id: 'u1' } },
    repository: { url: 'https://github.com/acme/app' },
    document: { path: 'src/a.ts', language: 'typescript' },
    prompt: { prefix: `// prompt ${id}\n`, suffix: '\n', context: [] },
    completion: code(1000 + serial),
    ...given,
  };
}
