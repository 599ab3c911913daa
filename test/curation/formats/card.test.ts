/** The card and the Croissant description: what machines read in them is right, and what people must know stands there. */
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { datasetCard } from '../../../curation/formats/card.ts';
import { croissant } from '../../../curation/formats/croissant.ts';
import { formatOf } from '../../../curation/formats/example.ts';
import {
  dataFiles,
  formatBytes,
  formatCount,
  formatShare,
  ktoWeights,
  type DatasetFacts,
} from '../../../curation/formats/facts.ts';
import { sampleFacts } from './sample.ts';

interface FrontMatter {
  license: string;
  size_categories: string[];
  configs: { config_name: string; default?: boolean; data_files: { split: string; path: string[] }[] }[];
  dataset_info: {
    config_name: string;
    features: { name: string; dtype?: string; list?: object; struct?: object }[];
    splits: { name: string; num_bytes: number; num_examples: number }[];
    dataset_size: number;
  }[];
}

const all: DatasetFacts['splits'] = Object.fromEntries(
  (['kto', 'sft', 'dpo', 'fim', 'openai'] as const).map((name) => [
    name,
    { train: [{ path: `data/${name}/train-00000-of-00001.parquet`, sha256: 'a'.repeat(64), bytes: 10, examples: 3 }] },
  ]),
);

function read(facts: DatasetFacts): { front: FrontMatter; text: string } {
  const [, yaml, text] = /^---\n(.*?)\n---\n(.*)$/s.exec(datasetCard(facts))!;
  return { front: parse(yaml!) as FrontMatter, text: text! };
}

describe('the front matter of the card', () => {
  const facts = sampleFacts();
  const { front } = read(facts);

  it('counts examples and bytes of every split as its files do', () => {
    expect(front.dataset_info.map((info) => [info.config_name, info.splits])).toEqual([
      [
        'kto',
        [
          { name: 'train', num_bytes: sum(facts.splits.kto!.train!), num_examples: 520 },
          { name: 'validation', num_bytes: sum(facts.splits.kto!.validation!), num_examples: 40 },
          { name: 'test', num_bytes: sum(facts.splits.kto!.test!), num_examples: 40 },
        ],
      ],
      ['sft', [{ name: 'train', num_bytes: sum(facts.splits.sft!.train!), num_examples: 350 }]],
    ]);
  });

  it('names every data file once', () => {
    const paths = front.configs.flatMap(({ data_files }) => data_files.flatMap(({ path }) => path));
    expect(paths.sort()).toEqual(dataFiles(facts).map(({ path }) => path));
    expect(front.configs.filter((config) => config.default).map((config) => config.config_name)).toEqual(['kto']);
  });

  it('describes the columns of each format, label as bool and times typed', () => {
    const { front } = read(sampleFacts({ splits: all }));
    for (const info of front.dataset_info) {
      const columns = formatOf(info.config_name as 'kto').columns.map(({ name }) => name);
      expect(info.features.map(({ name }) => name)).toEqual(columns);
      expect(info.features.every(({ dtype, list, struct }) => dtype ?? list ?? struct)).toBeTruthy();
    }
    const types = new Map(front.dataset_info.find(({ config_name }) => config_name === 'kto')!.features.map(({ name, dtype }) => [name, dtype])); // prettier-ignore
    expect(types.get('label')).toBe('bool');
    expect(types.get('time')).toBe('timestamp[us]');
    expect(types.get('weight')).toBe('float64');
  });

  it('puts the dataset into its size class', () => {
    const size = (examples: number): string => {
      const splits = { kto: { train: [{ path: 'data/kto/x', sha256: '', bytes: 1, examples }] } };
      return read(sampleFacts({ splits })).front.size_categories[0]!;
    };
    expect([999, 1_000, 9_999, 10_000, 999_999_999, 1_000_000_000].map(size)).toEqual([
      'n<1K', '1K<n<10K', '1K<n<10K', '10K<n<100K', '100M<n<1B', 'n>1B',
    ]); // prettier-ignore
  });
});

describe('the card for people', () => {
  const { text } = read(sampleFacts());

  it.each([
    'Direct use',
    'Out-of-scope use',
    'Structure',
    'Curation rationale',
    'Collection and processing',
    'Annotation process',
    'Personal and sensitive information',
    'Bias and limits',
    'Licences',
    'Checking this dataset',
  ])('has the section %s', (title) => {
    expect(text).toMatch(new RegExp(`^##+ ${title}$`, 'm'));
  });

  it('says consent, retraction, the threshold, the scrubber and its recall, and every reason with its count', () => {
    expect(text).toMatch(/\*\*Consent basis\.\*\* .*free, pro and pro/s);
    expect(text).toMatch(/\*\*Retraction\.\*\*.*garner erase/s);
    expect(text).toContain('(k = 10)');
    expect(text).toContain('Rule set 1 found 96.1%');
    expect(datasetCard(sampleFacts({ redaction: { version: '2', recall: null } }))).toContain(
      'rule set 2 was not measured',
    );
    for (const [reason, count] of Object.entries(sampleFacts().reasons))
      expect(text).toContain(`| ${reason} | ${formatCount(count)} |`);
    expect(text).toContain('`desirable_weight=1, undesirable_weight=1.1688`');
  });

  it('gives the same bytes for the same facts, whatever the order of their tables', () => {
    const facts = sampleFacts();
    const reversed = <T extends object>(table: T): T => Object.fromEntries(Object.entries(table).reverse()) as T;
    const turned = {
      ...facts,
      reasons: reversed(facts.reasons),
      labels: reversed(facts.labels),
      languages: reversed(facts.languages),
      licences: reversed(facts.licences),
      redactions: reversed(facts.redactions),
      splits: reversed(facts.splits),
      audience: [...facts.audience].reverse(),
    };
    expect(datasetCard(turned)).toBe(datasetCard(facts));
    expect(JSON.stringify(croissant(turned))).toBe(JSON.stringify(croissant(facts)));
  });

  it('lets no name become markup, a table cell or front matter', () => {
    const bad = 'a|b](x)<script>\n---\n# c';
    const card = datasetCard(
      sampleFacts({ name: bad, languages: { [bad]: { positive: 1, negative: 0 } }, licences: { [bad]: 1 } }),
    );
    expect(card.slice(card.indexOf('\n---\n\n'))).not.toContain('<script>');
    expect(read(sampleFacts({ name: bad })).front.configs).toHaveLength(2);
    expect(card.match(/^---$/gm)).toHaveLength(2);
    expect(card).not.toMatch(/^# c/m);
    expect(card.split('\n').filter((line) => line.includes('script')).every((line) => !line.startsWith('|') || line.split('|').length <= 6)).toBe(true); // prettier-ignore
  });

  it('says so where there is nothing to count', () => {
    const empty = sampleFacts({ splits: {}, reasons: {}, labels: {}, languages: {}, balance: {}, selection: [], redactions: {}, licences: {}, counts: { records: 0, kept: 0, excluded: 0, rejected: 0, examples: 0 } }); // prettier-ignore
    const card = datasetCard(empty);
    expect(card).not.toMatch(/NaN|undefined|Infinity/);
    expect(card).toContain('KTO cannot be trained');
  });
});

describe('Croissant', () => {
  const facts = sampleFacts({ splits: all });
  const description = croissant(facts) as Record<string, unknown> & {
    distribution: Record<string, string>[];
    recordSet: { name: string; field: { name: string; dataType: string; source: { fileSet: { '@id': string } } }[] }[];
  };

  it('has the fields that a validator does not ask for, and no wall clock', () => {
    for (const field of ['name', 'license', 'creator', 'datePublished', 'description', 'url', 'version', 'citeAs'])
      expect(description[field]).toBeTruthy();
    expect(description['datePublished']).toBe(facts.window.to);
    expect(description['version']).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
    expect(description['conformsTo']).toEqual([
      'http://mlcommons.org/croissant/1.0',
      'http://mlcommons.org/croissant/RAI/1.0',
    ]);
  });

  it('describes every file by its digest and every column of every format', () => {
    const files = description.distribution.filter((one) => one['@type'] === 'cr:FileObject');
    expect(files.map((file) => [file['contentUrl'], file['sha256']])).toEqual(
      dataFiles(facts).map(({ path, sha256 }) => [path, sha256]),
    );
    const ids = new Set(description.distribution.map((one) => one['@id']));
    for (const { name, field } of description.recordSet) {
      expect(field.map((one) => one.name)).toEqual(formatOf(name as 'kto').columns.map((column) => column.name));
      for (const one of field) expect(ids).toContain(one.source.fileSet['@id']);
    }
  });

  it('answers in the responsible-AI vocabulary', () => {
    const terms = Object.keys(description).filter((key) => key.startsWith('rai:'));
    expect(terms).toEqual(expect.arrayContaining(['rai:dataCollection', 'rai:dataBiases', 'rai:dataLimitations', 'rai:personalSensitiveInformation', 'rai:dataAnnotationProtocol', 'rai:dataReleaseMaintenancePlan'])); // prettier-ignore
    expect(terms.every((term) => JSON.stringify(description[term]).length > 4)).toBe(true);
  });
});

describe('figures', () => {
  it.each([
    [1, 1], [300, 220], [220, 300], [10, 10_000], [10_000, 10], [7, 6], [6, 7],
  ])('weighs %i positives and %i negatives so that KTO neither warns nor tilts', (positive, negative) => {
    const { desirable, undesirable } = ktoWeights({ positive, negative })!;
    const ratio = (desirable * positive) / (undesirable * negative);
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThanOrEqual(1.33);
    expect(Math.min(desirable, undesirable)).toBe(1);
  }); // prettier-ignore

  it('has no weights where a label is missing', () => {
    expect(ktoWeights({ positive: 5, negative: 0 })).toBeNull();
    expect(ktoWeights({ positive: 0, negative: 5 })).toBeNull();
  });

  it('writes numbers alike everywhere', () => {
    expect([0, 999, 1_000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([formatShare(1, 3), formatShare(0, 0), formatShare(1, 10_000), formatShare(0, 5), formatShare(9_999, 10_000), formatShare(5, 5)]).toEqual(['33.3%', '–', '<0.1%', '0.0%', '>99.9%', '100.0%']); // prettier-ignore
    expect([0, 999, 1_000, 999_949, 999_950, 1_500_000_000].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '999.9 kB', '1.0 MB', '1.5 GB']); // prettier-ignore
  });
});

function sum(files: { bytes: number }[]): number {
  return files.reduce((total, file) => total + file.bytes, 0);
}
