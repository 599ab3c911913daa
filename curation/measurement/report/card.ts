/** The card of a measurement: what it is for and who may see it. It holds no figures, since it is readable without a key. */
import type { DatasetFacts } from '../../formats/facts.ts';
import type { MeasuredPurpose } from '../rows/field.ts';
import type { PurposeConsent } from '../rows/consent.ts';

const TITLES: Record<MeasuredPurpose, string> = {
  'product-evaluation':
    'How the product does: figures with intervals, by day, editor, version, language, model and plan.',
  'strategy-assessment': 'What an experiment showed, and whether anything may be concluded from it.',
  'abuse-investigation': 'A queue of pseudonyms for people who review. Signals, not findings.',
  'related-products': 'Counts of suggestions by language, framework, shape and outcome, with nobody in them.',
};

export interface CardFacts {
  purpose: MeasuredPurpose;
  consent: PurposeConsent;
  minimumUsers: number;
  period: 'day' | 'window';
  fields: readonly string[];
  files: readonly string[];
}

export function purposeCard(
  facts: DatasetFacts,
  { purpose, consent, minimumUsers, period, fields, files }: CardFacts,
): string {
  return `# ${facts.name} ${facts.version}

${TITLES[purpose]}

- Purpose: ${purpose}. It must not be used for another one; nothing in it may train a model.
- Window: ${facts.window.from} to ${facts.window.to}.
- For: ${facts.audience.join(', ')}.
- From records of plans ${consent.plans.join(', ')}; the choice about training is ${consent.training}.
- Fields: ${fields.join(', ') || 'none but counts'}. No code, path or repository name passed the first stage.
${purpose === 'abuse-investigation' ? '' : `- Figures are told from ${minimumUsers} users on; their periods are ${period === 'day' ? 'whole days' : 'the whole window'}.\n`}- Files: ${files.join(', ')}.

\`garner verify\` checks the signature, the files, and that no field beyond the purpose is in them.
`;
}
