/**
 * Machine-readable description of a dataset: Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html) with the responsible-AI
 * vocabulary (Croissant RAI 1.0). It describes the decrypted files, so that it stays the same when they are encrypted for others.
 */
import { type Column, type FormatName } from './example.ts';
import { byCount, columnsOf, dataFiles, formatCount, formatNames, splitsOf, type DatasetFacts } from './facts.ts';

type Node = Record<string, unknown>;

/** The context that the Croissant specification prescribes (appendix 1), with the prefix of its RAI vocabulary. */
const CONTEXT: Node = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

const MEDIA_TYPES = {
  parquet: 'application/x-parquet',
  jsonl: 'application/jsonlines',
  'jsonl.zst': 'application/zstd',
} as const;

/** The content of `croissant.json`. Its date is the window's last day, so that equal runs give equal files. */
export function croissant(input: DatasetFacts): object {
  const media = MEDIA_TYPES[input.files];
  const formats = formatNames(input);
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: ['http://mlcommons.org/croissant/1.0', 'http://mlcommons.org/croissant/RAI/1.0'],
    name: input.name,
    description:
      `Suggestions of a code assistant with what programmers did with them, ${input.window.from} to ${input.window.to}: ` +
      `${formatCount(input.counts.examples)} examples for ${input.purpose}. Files are described as they are after decryption.`,
    alternateName: [`${input.name} ${input.version}`],
    version: semanticVersion(input),
    sameAs: `urn:sha256:${input.digest}`,
    url: `urn:garner:dataset:${encodeURIComponent(input.name)}:${encodeURIComponent(input.version)}`,
    license: licencesOf(input),
    creator: { '@type': 'sc:Organization', name: input.publisher ?? 'Garner' },
    publisher: { '@type': 'sc:Organization', name: input.publisher ?? 'Garner' },
    datePublished: input.window.to,
    dateCreated: input.window.to,
    inLanguage: 'en',
    keywords: ['code completion', 'human feedback', ...formats],
    citeAs: `${input.publisher ?? 'Garner'}: ${input.name}, version ${input.version}, sha256 ${input.digest}`,
    isLiveDataset: false,
    ...responsibleAi(input),
    distribution: [
      ...dataFiles(input).map(({ path, sha256, bytes }) => ({
        '@type': 'cr:FileObject',
        '@id': path,
        name: path,
        contentUrl: path,
        contentSize: `${bytes} B`,
        encodingFormat: media,
        sha256,
      })),
      ...formats.map((format) => ({
        '@type': 'cr:FileSet',
        '@id': `${format}-files`,
        name: `${format}-files`,
        description: `All files of format ${format}.`,
        encodingFormat: media,
        includes: `data/${format}/*.${input.files}`,
      })),
    ],
    recordSet: formats.map((format) => recordSet(input, format)),
  };
}

function recordSet(facts: DatasetFacts, format: FormatName): Node {
  const splits = splitsOf(facts, format).map(({ name }) => name);
  return {
    '@type': 'cr:RecordSet',
    '@id': format,
    name: format,
    description: `Rows of format ${format}; splits: ${splits.join(', ')}.`,
    key: { '@id': `${format}/id` },
    field: columnsOf(facts, format).map((column) => ({
      '@type': 'cr:Field',
      '@id': `${format}/${column.name}`,
      name: column.name,
      description: column.description,
      dataType: dataTypeOf(column),
      ...(column.type.endsWith('[]') ? { repeated: true } : {}),
      source: { fileSet: { '@id': `${format}-files` }, extract: { column: column.name }, ...transformOf(column) },
    })),
  };
}

/** Message lists are described by the texts in them: Croissant has no type for a list of structures that loaders agree on. */
function transformOf({ type }: Column): Node {
  if (!type.startsWith('STRUCT')) return {};
  return { transform: { jsonPath: type.startsWith('STRUCT("messages"') ? '$.messages[*].content' : '$.content' } };
}

function dataTypeOf({ type }: Column): string {
  switch (type) {
    case 'BOOLEAN':
      return 'sc:Boolean';
    case 'DOUBLE':
      return 'sc:Float';
    case 'BIGINT':
      return 'sc:Integer';
    case 'TIMESTAMP':
      return 'sc:DateTime';
    default:
      return 'sc:Text';
  }
}

/** The RAI vocabulary's terms that a curation run can answer. */
function responsibleAi(facts: DatasetFacts): Node {
  const replaced = byCount(facts.redactions, (count) => count).map(([rule, count]) => `${rule}: ${count}`);
  const reasons = byCount(facts.reasons as Record<string, number>, (count) => count).map(
    ([reason, count]) => `${reason}: ${count}`,
  );
  const languages = byCount(facts.languages, ({ positive, negative }) => positive + negative);
  return {
    'rai:dataCollection': `Feedback events of a code assistant, ${facts.window.from} to ${facts.window.to}; ${facts.counts.records} records read, ${facts.counts.kept} kept.`,
    'rai:dataCollectionType': ['Software Collection', 'Passive Data Collection'],
    'rai:dataCollectionTimeframe': [facts.window.from, facts.window.to],
    'rai:dataCollectionMissingData': `Records taken out, by reason: ${reasons.join('; ') || 'none'}.`,
    'rai:dataCollectionRawData':
      'Events of the clients; kept encrypted, for as long as the policy says, and not published.',
    'rai:dataPreprocessingProtocol': [
      'Each piece of text is judged by its own origin: consent, repository visibility at the event and at the run, path, ownership.',
      `Secrets and personal data are replaced by typed placeholders (rule set ${facts.redaction.version}).`,
      'Code that also stands in what the rules took out is dropped.',
    ],
    'rai:dataManipulationProtocol': facts.selection.map(({ step, left }) => `${step}: ${left} examples left`),
    'rai:dataImputationProtocol': 'Nothing is imputed.',
    'rai:dataAnnotationProtocol':
      'Labels and weights follow from what happened to each suggestion, by the rubric of the policy.',
    'rai:dataAnnotationPlatform': 'None: no annotation by hand.',
    'rai:dataAnnotationAnalysis': byCount(facts.labels, ({ count }) => count).map(
      ([reason, { label, count }]) => `${reason} (${label}): ${count}`,
    ),
    'rai:dataUseCases': [
      'Training',
      'Validation',
      'Testing',
      `Purpose: ${facts.purpose}; audience: ${[...facts.audience].sort().join(', ')}`,
    ],
    'rai:dataBiases': `Only what a model suggested and a client showed; users of ${[...facts.consent.plans].sort().join(', ')} plans; mostly ${
      languages
        .slice(0, 3)
        .map(([language]) => language)
        .join(', ') || 'no language'
    }.`,
    'rai:dataLimitations':
      'Code not yet pushed from a public checkout and private code that no run saw cannot be recognised; not for judging or identifying people.',
    'rai:personalSensitiveInformation': `Replaced by rules, recall ${facts.redaction.recall ?? 'not measured'}. Findings: ${replaced.join('; ') || 'nothing'}.`,
    'rai:dataSocialImpact': 'Models tuned on it may favour the languages and habits of its contributors.',
    'rai:dataReleaseMaintenancePlan':
      'Who withdraws consent or makes a repository private is taken out: a version is issued without them and the earlier one is recalled.',
  };
}

/** Croissant asks for MAJOR.MINOR.PATCH: the window's last day; the digest follows as build metadata. */
function semanticVersion({ window, digest }: DatasetFacts): string {
  const [year, month, day] = window.to.slice(0, 10).split('-').map(Number);
  return `${year}.${month}.${day}+${digest.slice(0, 12)}`;
}

function licencesOf(facts: DatasetFacts): string | string[] {
  const page = (id: string): string => `https://spdx.org/licenses/${id}.html`;
  if (facts.license) return page(facts.license);
  const known = Object.keys(facts.licences).filter((id) => /^[A-Za-z0-9.+-]+$/.test(id) && id !== 'unknown');
  return known.length > 0 ? known.sort().map(page) : 'Licences of the source repositories; see README.md.';
}
