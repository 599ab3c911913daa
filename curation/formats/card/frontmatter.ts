/** The card's front matter: what Hugging Face `datasets` reads of a folder. */
import { stringify } from 'yaml';
import { featureOf } from '../example.ts';
import { columnsOf, formatNames, splitsOf, sumOf, type DatasetFacts } from '../facts.ts';
import { oneLine } from './text.ts';

/** YAML with configs, and features, sizes and counts of each. */
export function frontMatter(facts: DatasetFacts): string {
  const formats = formatNames(facts);
  const configs = formats.map((format) => ({
    config_name: format,
    ...(format === formats.find((one) => one === 'kto') || (!formats.includes('kto') && format === formats[0])
      ? { default: true }
      : {}),
    data_files: splitsOf(facts, format).map(({ name, files }) => ({
      split: name,
      path: files.map(({ path }) => path),
    })),
  }));
  const info = formats.map((format) => {
    const splits = splitsOf(facts, format);
    const bytes = sumOf(
      splits.flatMap(({ files }) => files),
      'bytes',
    );
    return {
      config_name: format,
      features: columnsOf(facts, format).map(featureOf),
      splits: splits.map(({ name, files }) => ({
        name,
        num_bytes: sumOf(files, 'bytes'),
        num_examples: sumOf(files, 'examples'),
      })),
      download_size: bytes,
      dataset_size: bytes,
    };
  });
  const examples = formats.map((format) => sumOf(splitsOf(facts, format).flatMap(({ files }) => files), 'examples')); // prettier-ignore
  return stringify(
    {
      pretty_name: oneLine(facts.name),
      license: facts.license?.toLowerCase() ?? 'other',
      ...(facts.license ? {} : { license_name: 'source-repositories', license_link: 'README.md' }),
      task_categories: ['text-generation'],
      tags: ['code', 'code-completion', 'human-feedback', ...formats],
      size_categories: [sizeCategory(Math.max(0, ...examples))],
      configs,
      dataset_info: info,
    },
    { lineWidth: 0 },
  );
}

/** The size class that Hugging Face sorts datasets by. */
function sizeCategory(examples: number): string {
  const bounds = ['1K', '10K', '100K', '1M', '10M', '100M', '1B'];
  const at = bounds.findIndex((_, power) => examples < 10 ** (power + 3));
  if (at < 0) return 'n>1B';
  return at === 0 ? 'n<1K' : `${bounds[at - 1]}<n<${bounds[at]}`;
}
