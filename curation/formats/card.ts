/** The dataset card (README.md): front matter that Hugging Face `datasets` reads, then what people must know before they use the data. */
import { precedence, type Reason } from '../verdict.ts';
import {
  byCount,
  dataFiles,
  formatCount,
  formatShare,
  guardFileRows,
  guardSentence,
  type DatasetFacts,
} from './facts.ts';
import { frontMatter } from './card/frontmatter.ts';
import { annotation, privacy } from './card/origin.ts';
import { structure } from './card/structure.ts';
import { list, text } from './card/text.ts';

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
