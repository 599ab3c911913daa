/** The policy: read, checked against its schema, completed with defaults, and named by a digest that every manifest carries. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Plan } from '../curation/events/event.ts';
import type { FormatName } from '../curation/formats/example.ts';
import type { FimTemplate } from '../curation/formats/fim.ts';
import { completeRubric, type LabelRubric } from '../curation/labels/rubric.ts';
import type { MeasuredPurpose } from '../curation/measurement/rows/field.ts';
import type { RulePolicy } from '../curation/rules/judge.ts';
import { parseExclusionFile, compileExclusions, type ExclusionRule } from '../curation/rules/path/exclusion.ts';
import { compileGlobs } from '../curation/rules/path/vendored.ts';
import { Contamination } from '../curation/selection/text/contamination.ts';
import { checkSelection, DEFAULT_SELECTION, type SelectionPolicy } from '../curation/selection/policy.ts';
import { configFile } from './location.ts';
import { measurePolicy, type MeasurePolicy } from './measurement.ts';
import { ConfigError, fieldName, readYaml, type Path, type YamlFile } from './document.ts';
import { overlay } from './overlay.ts';
import { loadGitleaks } from './redaction.ts';
import { unseenField, type OutputFields } from './policy/output.ts';
import { retentionPolicy, type RetentionGiven, type RetentionPolicy } from './policy/retention.ts';
import { refusal, schemaOf } from './schema.ts';

export const PURPOSES = [
  'model-improvement',
  'product-evaluation',
  'strategy-assessment',
  'related-products',
  'abuse-investigation',
] as const;
export type Purpose = (typeof PURPOSES)[number];
export const AUDIENCES = ['copilot-team', 'platform-health', 'cloud-partner', 'model-partner'] as const;
export type Audience = (typeof AUDIENCES)[number];

export interface Policy {
  /** File as the user named it. */
  file: string;
  /** sha256 over the effective policy (defaults filled in), lower hex. */
  digest: string;
  purpose: Purpose;
  rules: RulePolicy;
  adapters: { continueHost?: string; roots: string[] };
  /** `gitleaks` is an absolute path; its bytes are part of the digest. */
  redaction: { gitleaks: string | null; dropWhenCovered: number };
  /** `memory` in bytes: the most that one filter may take. */
  guard: { enabled: boolean; boilerplateRepositories: number; memory: number };
  labels: LabelRubric;
  selection: SelectionPolicy;
  /** Absolute paths of contamination indexes; their bytes are part of the digest. */
  decontaminate: string[];
  output: {
    name: string;
    formats: FormatName[];
    fimTemplate: FimTemplate;
    files: 'parquet' | 'jsonl' | 'jsonl.zst';
    audience: Audience[];
    /** Columns beside those of the formats, each with the audiences that may see it. */
    fields?: OutputFields;
    /** Purposes that may measure what the run admitted: for them its sealed buckets stay. */
    measurable?: MeasuredPurpose[];
    license: string;
    creator: string;
  };
  approval: 'automatic' | 'required';
  retention: RetentionPolicy;
  /** Of purposes that do not train. */
  measure?: MeasurePolicy;
}

/** The policy file as written, after the schema has passed. */
interface PolicyFile {
  purpose: Purpose;
  consent?: { trainable?: Plan[]; plans?: Plan[]; training?: 'ignored' | 'required' };
  measure?: Record<string, unknown>;
  repositories?: {
    hosts?: string[];
    hostAliases?: Record<string, string>;
    owners?: { deny?: string[]; optedOut?: string[] };
    licenses?: { allow?: 'any' | string[] };
  };
  ownership?: { deny?: string[]; vendored?: string[] };
  paths?: { roots?: string[]; exclude?: Record<string, unknown> };
  segments?: { whenPieceGoes?: 'strip' | 'exclude'; whenContextPrivate?: 'strip' | 'exclude' };
  adapters?: { continue?: { host?: string } };
  redaction?: { gitleaks?: string | null; dropWhenCovered?: number };
  guard?: { enabled?: boolean; boilerplateRepositories?: number; memory?: string };
  labels?: unknown;
  selection?: unknown;
  output: Partial<Policy['output']> & { name: string; audience: Audience[] };
  approval?: 'automatic' | 'required';
  retention?: RetentionGiven;
}

/** Plans that may ever train: students, teachers, business and enterprise users never do, whatever a file says. */
const TRAINABLE: Plan[] = ['free', 'pro', 'pro_plus'];
const OUTPUT = {
  formats: ['kto', 'sft'] as FormatName[],
  fimTemplate: 'starcoder' as FimTemplate,
  files: 'parquet' as const,
  license: 'LicenseRef-terms-of-use',
  creator: 'Garner',
};

const check = schemaOf('policy');

/** The policy that runs where none is named. */
export const BUILTIN_POLICY = configFile('policy.yaml');

/** Loads a policy. @throws ConfigError naming file, line and field of the first thing wrong. */
export function loadPolicy(file: string = BUILTIN_POLICY): Policy {
  return policyOf(readYaml(file));
}

/** As `loadPolicy`, from text already read; `file` is the name used in rules and errors. */
export function parsePolicy(file: string, text: string): Policy {
  return policyOf(readYaml(file, text));
}

function policyOf(yaml: YamlFile): Policy {
  check(yaml);
  const given = yaml.value as PolicyFile;
  checkPurpose(given, yaml);
  const policy: Omit<Policy, 'digest' | 'file' | 'retention'> = {
    purpose: given.purpose,
    rules: rulePolicy(given, yaml),
    adapters: {
      ...(given.adapters?.continue?.host ? { continueHost: given.adapters.continue.host } : {}),
      roots: given.paths?.roots ?? [],
    },
    redaction: { gitleaks: gitleaksPath(given, yaml), dropWhenCovered: given.redaction?.dropWhenCovered ?? 0.5 },
    guard: { enabled: true, boilerplateRepositories: 3, ...given.guard, memory: guardMemory(given) },
    labels: rubric(given.labels, yaml),
    selection: selection(given.selection, yaml),
    decontaminate: contaminationPaths(given.selection, yaml),
    output: { ...OUTPUT, ...given.output },
    approval: given.approval ?? 'automatic',
  };
  const measure = measurePolicy(given, yaml);
  if (measure) policy.measure = measure;
  checkPatterns(policy.rules);
  // How long it is kept decides nothing about what is in a dataset.
  return { file: yaml.file, digest: digestOf(policy), ...policy, retention: retentionPolicy(given.retention) };
}

function rulePolicy(given: PolicyFile, yaml: YamlFile): RulePolicy {
  const sourced = (values: string[] | undefined, path: Path) =>
    (values ?? []).map((value, index) => ({ value, source: yaml.source([...path, index]) }));
  const { repositories, ownership, paths, segments } = given;
  return {
    consent: {
      trainable: given.consent?.trainable ?? TRAINABLE,
      whenUnknown: 'exclude',
      source: yaml.source(['consent', 'trainable']),
    },
    repositories: {
      hosts: repositories?.hosts ?? ['github.com'],
      hostAliases: repositories?.hostAliases ?? {},
      visibility: 'public',
      owners: {
        deny: sourced(repositories?.owners?.deny, ['repositories', 'owners', 'deny']),
        optedOut: sourced(repositories?.owners?.optedOut, ['repositories', 'owners', 'optedOut']),
      },
      licenses: { allow: repositories?.licenses?.allow ?? 'any' },
      source: yaml.source(['repositories']),
    },
    ownership: {
      deny: sourced(ownership?.deny, ['ownership', 'deny']),
      vendored: sourced(ownership?.vendored, ['ownership', 'vendored']),
    },
    paths: { exclude: exclusions(paths?.exclude, yaml) },
    whenPieceGoes: segments?.whenPieceGoes ?? 'strip',
    whenContextPrivate: segments?.whenContextPrivate ?? 'strip',
  };
}

function exclusions(value: Record<string, unknown> | undefined, yaml: YamlFile): ExclusionRule[] {
  if (value === undefined) return [];
  return parseExclusionFile(value, (path) => yaml.source(['paths', 'exclude', ...path]));
}

/** `512MB` or `1GB`, in powers of 1024; the schema has checked the form. */
function guardMemory(given: PolicyFile): number {
  const [, number, unit] = /^(\d+)(MB|GB)$/.exec(given.guard?.memory ?? '1GB')!;
  return Number(number) * (unit === 'GB' ? 2 ** 30 : 2 ** 20);
}

function rubric(given: unknown, yaml: YamlFile): LabelRubric {
  const completed = completeRubric(given);
  if (completed.ok) return completed.rubric;
  const path = ['labels', ...completed.field.split('.').filter(Boolean)];
  throw new ConfigError(yaml.file, yaml.line(path), fieldName(path), completed.message);
}

function selection(given: unknown, yaml: YamlFile): SelectionPolicy {
  const { decontaminate: _, ...knobs } = (given ?? {}) as { decontaminate?: unknown };
  const policy = overlay(DEFAULT_SELECTION, knobs, yaml, ['selection']);
  try {
    checkSelection(policy);
  } catch (error) {
    throw new ConfigError(yaml.file, yaml.line(['selection']), '', (error as Error).message);
  }
  return policy;
}

/** Compiles every pattern once, so that a bad one stops the policy and not a run. */
function checkPatterns(rules: RulePolicy): void {
  compileExclusions(rules.paths.exclude, rules.repositories.hostAliases);
  compileGlobs(rules.ownership.vendored.map(({ value, source }) => ({ pattern: value, source })));
}

/** A purpose decides what an output may hold and whose data it may use. */
function checkPurpose(given: PolicyFile, yaml: YamlFile): void {
  if (given.purpose !== 'model-improvement') {
    if (given.output.formats)
      throw refusal(yaml, ['output', 'formats'], `purpose ${given.purpose} may hold no code: leave the formats out`);
    if (given.output.fields)
      throw refusal(
        yaml,
        ['output', 'fields'],
        `purpose ${given.purpose} has no rows of suggestions: leave the fields out`,
      );
    if (given.output.measurable)
      throw refusal(
        yaml,
        ['output', 'measurable'],
        'belongs to model-improvement, whose buckets it keeps: leave it out',
      );
    return;
  }
  const unseen = unseenField(given.output);
  if (unseen)
    throw refusal(
      yaml,
      ['output', 'fields', unseen.field],
      `is not for ${unseen.audience}, whom the output is for: name that audience, or leave the field out`,
    );
  const index = given.consent?.trainable?.findIndex((plan) => !TRAINABLE.includes(plan)) ?? -1;
  if (index >= 0)
    throw refusal(
      yaml,
      ['consent', 'trainable', index],
      `plan ${given.consent!.trainable![index]} never trains: leave it out`,
    );
}

function gitleaksPath(given: PolicyFile, yaml: YamlFile): string | null {
  const path = given.redaction?.gitleaks;
  if (!path) return null;
  const absolute = isAbsolute(path) ? path : resolve(dirname(yaml.file), path);
  try {
    readFileSync(absolute);
  } catch {
    throw refusal(yaml, ['redaction', 'gitleaks'], 'names a file that cannot be read');
  }
  loadGitleaks(absolute);
  return absolute;
}

function contaminationPaths(given: unknown, yaml: YamlFile): string[] {
  const listed = (given as { decontaminate?: unknown } | undefined)?.decontaminate ?? [];
  const path = ['selection', 'decontaminate'];
  if (!Array.isArray(listed)) throw refusal(yaml, path, 'must be a list of files');
  return listed.map((file: unknown, index) => {
    if (typeof file !== 'string' || file === '') throw refusal(yaml, [...path, index], 'must be the name of a file');
    const absolute = isAbsolute(file) ? file : resolve(dirname(yaml.file), file);
    try {
      Contamination.fromBytes(readFileSync(absolute));
    } catch {
      throw refusal(yaml, [...path, index], 'is no index that can be read: make one with `garner decontaminate index`');
    }
    return absolute;
  });
}

/** Sources (file and line) are how a rule is shown, not what it does: they stay out of the digest. */
function digestOf(policy: object): string {
  const redaction = (policy as { redaction: Policy['redaction'] }).redaction;
  const gitleaks = redaction.gitleaks
    ? createHash('sha256').update(readFileSync(redaction.gitleaks)).digest('hex')
    : null;
  const { decontaminate, ...rest } = policy as { decontaminate: string[] };
  const indexes = decontaminate.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex')).sort();
  const named = indexes.length > 0 ? { decontaminate: indexes } : {};
  const text = JSON.stringify({ ...rest, ...named, redaction: { ...redaction, gitleaks } }, (key, value: unknown) =>
    key === 'source' ? undefined : sorted(value),
  );
  return createHash('sha256').update(text).digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
