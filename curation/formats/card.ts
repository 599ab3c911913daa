/** The dataset card (README.md): front matter that Hugging Face `datasets` reads, then what people must know before they use the data. */
import { stringify } from 'yaml';
import { precedence, type Reason } from '../verdict.ts';
import { featureOf, formatOf, type FormatName } from './example.ts';
import {
  byCount,
  dataFiles,
  formatBytes,
  formatCount,
  formatNames,
  formatShare,
  ktoWeights,
  splitsOf,
  sumOf,
  trainedBalance,
  type DatasetFacts,
  guardFileRows,
  guardSentence,
} from './facts.ts';

export type CardInput = DatasetFacts;

/** The card as Markdown with YAML front matter. Figures are those of the facts; nothing is read from a clock or a locale. */
export function datasetCard(input: CardInput): string {
  const sections = [
    summary(input),
    uses(input),
    structure(input),
    curation(input),
    annotation(input),
    privacy(input),
    limits(input),
    checking(input),
  ];
  return `---\n${frontMatter(input)}---\n\n${sections.join('\n\n')}\n`;
}

function frontMatter(facts: DatasetFacts): string {
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
      features: formatOf(format).columns.map(featureOf),
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

function summary(facts: DatasetFacts): string {
  const { records, kept, excluded, rejected, examples } = facts.counts;
  return `# ${text(facts.name)} ${text(facts.version)}

Suggestions that a code assistant showed to programmers, each with what became of it: accepted and kept, taken back, rejected.
Made from feedback events of ${facts.window.from} to ${facts.window.to} for the purpose *${text(facts.purpose)}*, for ${list(facts.audience)}.

| | |
|---|--:|
| records read | ${formatCount(records)} |
| kept | ${formatCount(kept)} |
| excluded | ${formatCount(excluded)} |
| rejected | ${formatCount(rejected)} |
| examples | ${formatCount(examples)} |`;
}

function uses(facts: DatasetFacts): string {
  return `## Direct use

Preference tuning, supervised tuning and evaluation of models that complete code, by ${list(facts.audience)}, for the purpose named above.

## Out-of-scope use

Any other purpose. Telling who wrote or accepted something. Judging people or teams. Reconstructing repositories. Passing the data on
to people outside the audience, or keeping a version that was recalled.`;
}

function structure(facts: DatasetFacts): string {
  const rows = formatNames(facts).flatMap((format) =>
    splitsOf(facts, format).map(
      ({ name, files }) =>
        `| ${format} | ${name} | ${formatCount(sumOf(files, 'examples'))} | ${formatCount(files.length)} | ${formatBytes(sumOf(files, 'bytes'))} |`,
    ),
  );
  const first = formatNames(facts)[0] ?? 'kto';
  const columns = formatNames(facts).map((format) => columnsOf(format)).join('\n\n'); // prettier-ignore
  return `## Structure

| format | split | examples | files | bytes |
|---|---|--:|--:|--:|
${rows.join('\n')}

\`\`\`python
from datasets import load_dataset
data = load_dataset("path/to/this/folder", "${first}")
\`\`\`

Where files end in \`.age\`, decrypt them first: \`garner open DATASET --identity FILE --out FOLDER\`. Names and sizes here are those of the
decrypted files. Repositories, their forks and near-duplicates stay within one split. There is no user, document path or repository in any row.

${columns}`;
}

function columnsOf(format: FormatName): string {
  const rows = formatOf(format).columns.map(({ name, type, description }) => `| ${name} | ${type.startsWith('STRUCT') ? 'messages' : type.toLowerCase()} | ${description} |`); // prettier-ignore
  const upload =
    format === 'openai'
      ? '\n\nFor an upload that takes the three message fields alone: `jq -c "{input, preferred_output, non_preferred_output}"`.'
      : '';
  return `### ${format}\n\n| column | type | |\n|---|---|---|\n${rows.join('\n')}${upload}`;
}

function replaced({ replaces }: DatasetFacts): string {
  if (!replaces) return '';
  return `This version replaces ${text(replaces.version)}: ${formatCount(replaces.removed)} examples of people or repositories that asked for erasure
were taken out of it. Records and reasons are those of the run that made the replaced version.\n\n`;
}

function curation(facts: DatasetFacts): string {
  const steps = facts.selection.map(({ step, left }) => `| ${text(step)} | ${formatCount(left)} |`);
  const { exact, near, clusters, largestCluster } = facts.duplicates;
  const taken = facts.counts.excluded + facts.counts.rejected;
  const reasons = Object.entries(facts.reasons)
    .sort(([a], [b]) => precedence(a as Reason) - precedence(b as Reason))
    .map(([reason, count]) => `| ${reason} | ${formatCount(count)} | ${formatShare(count, facts.counts.records)} |`);
  return `## Curation rationale

Use tells what programmers thought of a suggestion better than a rating after the fact. Plain acceptance favours short and simple suggestions,
so labels rest on what was still there minutes later, and carry a weight.

## Collection and processing

Events of ${list(facts.consent.plans)} plans whose users allow training. Every piece of text was judged by where it came from: consent, repository,
path and ownership; then secrets and personal data were replaced, code that also stands in what the rules took out was dropped, and
duplicates and outsized contributions were thinned out.

| after | examples left |
|---|--:|
${steps.join('\n') || '| – | – |'}

${replaced(facts)}${formatCount(exact)} exact and ${formatCount(near)} near duplicates were dropped; ${formatCount(clusters)} clusters, the largest of ${formatCount(largestCluster)}.

### Records not kept, by reason

${formatCount(taken)} of ${formatCount(facts.counts.records)} records. Each record has one row in the run's ledger, and the first reason that applies decides.

| reason | records | of all |
|---|--:|--:|
${reasons.join('\n') || '| none | 0 | – |'}`;
}

function annotation(facts: DatasetFacts): string {
  const rows = byCount(facts.labels, ({ count }) => count).map(
    ([reason, { label, count, weight }]) =>
      `| ${text(reason)} | ${label} | ${formatCount(count)} | ${count === 0 ? '–' : (weight / count / 1000).toFixed(2)} |`,
  );
  const balance = Object.entries(facts.balance).map(
    ([split, { positive, negative }]) => `| ${split} | ${formatCount(positive)} | ${formatCount(negative)} |`,
  );
  const weights = ktoWeights(trainedBalance(facts));
  const advice = weights
    ? `Suggested for KTO, so that both sides count alike: \`desirable_weight=${weights.desirable}, undesirable_weight=${weights.undesirable}\`.`
    : 'One label is missing, so KTO cannot be trained on this version.';
  return `## Annotation process

Nobody annotated by hand: labels follow from what happened to the suggestion, by a rubric that is part of the policy.

| reason | label | examples | mean weight |
|---|---|--:|--:|
${rows.join('\n') || '| – | – | 0 | – |'}

| split | positive | negative |
|---|--:|--:|
${balance.join('\n') || '| – | 0 | 0 |'}

${advice}`;
}

function privacy(facts: DatasetFacts): string {
  const replaced = byCount(facts.redactions, (count) => count).map(
    ([rule, count]) => `| ${text(rule)} | ${formatCount(count)} |`,
  );
  const licences = byCount(facts.licences, (count) => count).map(
    ([licence, count]) => `| ${text(licence)} | ${formatCount(count)} |`,
  );
  const k =
    facts.kThreshold === null
      ? 'No least number of contributors was set.'
      : `What fewer than ${facts.kThreshold} contributors (k = ${facts.kThreshold}) share was left out.`;
  return `## Personal and sensitive information

**Consent basis.** Each user allowed training at the time of the event and still did when the run was made (${text(facts.now)}). Unknown consent
is no consent. Plans: ${list(facts.consent.plans)}. Repositories were public at the event and at the run; unknown is private.

**Retraction.** Who withdraws, or makes a repository private, is taken out: \`garner erase --user\` or \`--repository\` issues this dataset anew
without them under another version, and this version gets a tombstone. Do not use a version that was recalled.

**Small groups.** ${k}

**Secrets and personal data.** Replaced by typed placeholders. ${recallOf(facts)}
Some may remain: report what you find to the publisher.

| rule | replaced |
|---|--:|
${replaced.join('\n') || '| none | 0 |'}

### Licences

Code stays under the licence of its repository.

| licence | examples |
|---|--:|
${licences.join('\n') || '| unknown | – |'}`;
}

function recallOf({ redaction: { version, recall } }: DatasetFacts): string {
  return recall === null
    ? `The recall of rule set ${text(version)} was not measured.`
    : `Rule set ${text(version)} found ${(recall * 100).toFixed(1)}% of the labelled secrets that it is measured on.`;
}

function limits(facts: DatasetFacts): string {
  const total = Object.values(facts.languages).reduce((sum, { positive, negative }) => sum + positive + negative, 0);
  const languages = byCount(facts.languages, ({ positive, negative }) => positive + negative)
    .slice(0, 12)
    .map(([name, { positive, negative }]) => `| ${text(name)} | ${formatCount(positive)} | ${formatCount(negative)} | ${formatShare(positive + negative, total)} |`); // prettier-ignore
  return `## Bias and limits

Only suggestions that a model made and a client showed are here: what programmers write without help is not. Labels lean to what its users, their
languages and editors prefer. Users on business and enterprise plans, private code and unknown repositories are missing altogether.
Code not yet pushed from a public checkout, and private code that no run ever saw, cannot be recognised.
${guardSentence(facts)}

| language | positive | negative | of all |
|---|--:|--:|--:|
${languages.join('\n') || '| – | 0 | 0 | – |'}`;
}

function checking(facts: DatasetFacts): string {
  return `## Checking this dataset

\`garner verify DATASET --trust KEY\` checks signatures, files and figures. Made by ${text(facts.publisher ?? 'Garner')} with code version ${text(facts.codeVersion)}.

| | sha256 |
|---|---|
| data (${formatCount(dataFiles(facts).length)} files) | \`${facts.digest}\` |
| policy | \`${facts.policyDigest}\` |
| facts | \`${facts.factsDigest}\` |
${guardFileRows(facts)}| ledger (Merkle root) | \`${facts.ledgerRoot}\` |`;
}

function list(items: readonly string[]): string {
  if (items.length === 0) return 'nobody';
  const words = [...items].sort().map(text);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`;
}

/** Names come from policies and events: nothing in them may become Markdown, HTML or another table cell. */
function text(value: string): string {
  return oneLine(value).replace(/[\\`*[\]<>|#&$~]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\s]+/gu, ' ');
}
