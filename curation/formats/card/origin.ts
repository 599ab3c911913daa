/** The card's sections on where labels and text come from: annotation, consent, redaction, licences. */
import { byCount, formatCount, ktoWeights, trainedBalance, type DatasetFacts } from '../facts.ts';
import { list, text } from './text.ts';

export function annotation(facts: DatasetFacts): string {
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

export function privacy(facts: DatasetFacts): string {
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
