/** What is attested of a measurement beside what is of every dataset: its purpose, and the fields of its files. */
import { canonicalJson } from '../../proof/canonical.ts';
import { STATEMENT_TYPE } from '../../proof/statement.ts';
import type { MeasuredPurpose } from '../rows/field.ts';

export const PURPOSE_PREDICATE = 'urn:garner:predicate:purpose:1';

export interface PurposePredicate {
  purpose: MeasuredPurpose;
  period: 'day' | 'window';
  fields: string[];
  minimumUsers: number;
  audience: string[];
}

export function purposeStatement(
  predicate: PurposePredicate,
  files: readonly { path: string; sha256: string }[],
): Buffer {
  const subject = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sha256 }) => ({ name: path, digest: { sha256 } }));
  const { purpose, period, fields, minimumUsers, audience } = predicate;
  const said = { purpose, period, fields: [...fields].sort(), minimumUsers, audience: [...audience].sort() };
  return Buffer.from(
    canonicalJson({ _type: STATEMENT_TYPE, subject, predicateType: PURPOSE_PREDICATE, predicate: said }),
  );
}

/** Files that a purpose publishes; nothing else may lie under `data/`. */
const FILES: Record<MeasuredPurpose, readonly string[]> = {
  'product-evaluation': ['figures.json', 'figures.parquet', 'metrics.prom', 'copilot-metrics.json', 'report.html'],
  'strategy-assessment': ['assessment.json', 'report.html'],
  'abuse-investigation': ['queue.json', 'report.html'],
  'related-products': ['aggregates.json', 'report.html'],
};

const COMMON = [
  'name',
  'purpose',
  'window',
  'from',
  'to',
  'audience',
  'minimumUsers',
  'records',
  'suggestions',
  'value',
  'count',
];
const INTERVAL = ['low', 'high', 'standardError', 'p', 'statistic', 'degrees'];
/** Names of fields that may stand in the JSON files of a purpose, at any depth; below those in `OPEN` any name may. */
const FIELDS: Record<MeasuredPurpose, readonly string[]> = {
  'product-evaluation': [
    ...['period', 'bootstrap', 'replicates', 'seed', 'cells', 'withheld', 'suggestions', 'dimension', 'figures'],
    ...['measure', 'method', 'numerator', 'denominator', 'users', 'totals', 'active', 'engaged', 'survival', 'time'],
    ...['events', 'censored', 'atRisk', 'survival', 'latency', 'p50', 'p95', 'p50WithCancelled', 'p95WithCancelled'],
    ...['answered', 'cancelled', 'whole', 'part', 'date', 'total_active_users', 'total_engaged_users'],
    ...['copilot_ide_code_completions', 'languages', 'editors', 'models', 'total_code_suggestions'],
    ...['total_code_acceptances', 'total_code_lines_suggested', 'total_code_lines_accepted'],
  ],
  'strategy-assessment': [
    ...['experimentDigest', 'assessment', 'experiment', 'horizon', 'assignment', 'expected', 'observed', 'arms', 'arm'],
    ...['primary', 'guardrails', 'languages', 'language', 'heterogeneity', 'power', 'usersNeeded', 'achieved'],
    ...['detectable', 'conclusion', 'words', 'severalArms', 'measure', 'better', 'control', 'treatment', 'effect'],
    ...['adjusted', 'method', 'reduction', 'moved'],
  ],
  'abuse-investigation': ['suspects', 'user', 'score', 'signals', 'signal', 'weight', 'threshold'],
  'related-products': [
    ...['cells', 'withheld', 'threshold', 'noise', 'epsilon', 'delta', 'usersScale', 'countScale', 'source', 'bounds'],
    ...['rowsPerCell', 'cellsPerUser', 'language', 'framework', 'shape', 'outcome'],
  ],
};
const OPEN: ReadonlySet<string> = new Set(['totals', 'withheld', 'observed']);
const COLUMNS = ['dimension', 'cell', 'measure', 'value', 'low', 'high', 'method', 'numerator', 'denominator', 'users'];

/**
 * What in a file of a measurement lies beyond its purpose, in words; empty where all is in order.
 * @param path without `.age`
 * @param columns of a Parquet file, where they are known
 */
export function beyondPurpose(
  purpose: MeasuredPurpose,
  path: string,
  plain: Uint8Array,
  columns?: readonly string[],
): string[] {
  if (!path.startsWith('data/')) return [];
  const name = path.slice('data/'.length);
  if (!FILES[purpose].includes(name)) return [`a ${purpose} publishes no file ${name}`];
  if (name.endsWith('.parquet'))
    return (columns ?? [])
      .filter((column) => !COLUMNS.includes(column))
      .map((column) => `column ${column} is beyond ${purpose}`);
  if (!name.endsWith('.json')) return [];
  const allowed = new Set([...COMMON, ...INTERVAL, ...FIELDS[purpose]]);
  const beyond = new Set<string>();
  const walk = (value: unknown, open: boolean): void => {
    if (Array.isArray(value)) for (const one of value as unknown[]) walk(one, false);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        if (!open && !allowed.has(key)) beyond.add(key);
        walk(inner, OPEN.has(key) && !Array.isArray(inner));
      }
  };
  try {
    walk(JSON.parse(new TextDecoder().decode(plain)), false);
  } catch {
    return [`${name} is not JSON`];
  }
  return [...beyond].map((field) => `field ${field} is beyond ${purpose}`);
}
