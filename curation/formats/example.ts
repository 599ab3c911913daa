/** Training rows: what an example looks like in each format that trainers open (kto, sft, dpo, fim, openai). */
import type { RedactedText } from '../text.ts';
import { FIM_TEMPLATES, hasSentinel, renderFim, type FimTemplate } from './fim.ts';
import { contextBlock, promptOf } from './prompt.ts';

export { hasSentinel, SENTINELS } from './fim.ts';

/** A selected example with its text. Weights are thousandths; `time` is milliseconds since 1970-01-01 UTC. */
export interface RenderedSource {
  example: string;
  split: 'train' | 'validation' | 'test';
  component: string;
  /** Null where only the preference pair is of use: formats of labelled completions leave it out. */
  label: 'positive' | 'negative' | null;
  weight: number;
  reason: string;
  language: string;
  model: string;
  strategy: string;
  time: number;
  displayProbability?: number;
  /** What the policy asks for beside: see `FIELDS`. */
  fields?: Partial<Record<FieldName, string>>;
  prefix: RedactedText;
  suffix: RedactedText;
  completion: RedactedText;
  context: { path: RedactedText; text: RedactedText }[];
  /** One answer preferred to another at the same place, from captured code or from two people. */
  pair?: { chosen: RedactedText; rejected: RedactedText; reason: string; weight: number };
}

export type FormatName = 'kto' | 'sft' | 'dpo' | 'fim' | 'openai';
export const FORMAT_NAMES: readonly FormatName[] = ['dpo', 'fim', 'kto', 'openai', 'sft'];

const MESSAGES = 'STRUCT("role" VARCHAR, "content" VARCHAR)[]';
const MESSAGES_INPUT = `STRUCT("messages" ${MESSAGES})` as const;

/** Types as DuckDB spells them; the two structures are the message lists of the openai format. */
export type ColumnType =
  'VARCHAR' | 'BOOLEAN' | 'DOUBLE' | 'BIGINT' | 'TIMESTAMP' | typeof MESSAGES | typeof MESSAGES_INPUT;

export interface Column {
  name: string;
  type: ColumnType;
  description: string;
  /** Holds code: allowed for the purpose model-improvement alone. */
  code?: true;
}

/** Columns that a row has only where the policy names them, each with the audiences that may see it. None holds code. */
export const FIELDS = {
  user: 'Pseudonym of who was shown the suggestion, another one in every run; of a pair, of the preferred side.',
  repository: 'Pseudonym of the repository, another one in every run.',
  path: 'Path of the document in its repository, redacted; empty where no record names it.',
  license: 'SPDX id or expression of the repository; empty where unknown.',
} as const;
export type FieldName = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[];

export interface FormatOptions {
  /** Which model's fill-in-the-middle form `fim` renders; StarCoder's by default. */
  fimTemplate?: FimTemplate;
  /** Columns beside the format's own, in the order of `FIELD_NAMES`. */
  fields?: readonly FieldName[];
}

export interface Format {
  name: FormatName;
  columns: Column[];
  /** The example's rows, keys in the order of the columns; none where the format has no use for it. */
  rows(example: RenderedSource, options?: FormatOptions): Record<string, unknown>[];
  /** Columns that order rows totally. */
  order: string[];
}

const column = (name: string, type: ColumnType, description: string): Column => ({ name, type, description });
const code = (name: string, description: string, type: ColumnType = 'VARCHAR'): Column => ({
  name,
  type,
  description,
  code: true,
});

const PROMPT = code(
  'prompt',
  'Quoted context, each piece under a comment with its path, then the text before the cursor.',
);
const SUFFIX = code('suffix', 'The text after the cursor.');
const EXTRA: Column[] = [
  column('id', 'VARCHAR', 'Keyed id of the example, unique within the format.'),
  column(
    'weight',
    'DOUBLE',
    'How much the label is worth, after inverse propensity where a display probability was logged.',
  ),
  column('reason', 'VARCHAR', 'The row of the label rubric that decided.'),
  column('language', 'VARCHAR', 'Language of the document, as the editor names it.'),
  column('model', 'VARCHAR', 'The model that made the suggestion.'),
  column('strategy', 'VARCHAR', 'The strategy or experiment arm that showed it.'),
  column('split', 'VARCHAR', 'train, validation or test.'),
  column(
    'component',
    'VARCHAR',
    'Connected component of repository, fork family and near-duplicates; never in two splits.',
  ),
  column('time', 'TIMESTAMP', 'First event of the suggestion, UTC.'),
];

/** Columns that every format adds to its own. */
function extra(example: RenderedSource, weight: number, reason: string): Record<string, unknown> {
  const { example: id, language, model, strategy, split, component, time } = example;
  return {
    id,
    weight: weight / 1000,
    reason,
    language,
    model,
    strategy,
    split,
    component,
    // Without the Z: readers of Parquet and JSON Lines alike take it as a timestamp without zone.
    time: new Date(time).toISOString().slice(0, -1),
  };
}

const own = (example: RenderedSource): Record<string, unknown> => extra(example, example.weight, example.reason);

const kto: Format = {
  name: 'kto',
  columns: [
    PROMPT,
    code('completion', 'The suggestion; of a partly accepted one, the accepted part.'),
    column('label', 'BOOLEAN', 'true: desirable, false: undesirable.'),
    SUFFIX,
    ...EXTRA,
  ],
  order: ['id'],
  rows: (example) =>
    example.label === null
      ? []
      : [
          {
            prompt: promptOf(example),
            completion: example.completion,
            label: example.label === 'positive',
            suffix: example.suffix,
            ...own(example),
          },
        ],
};

const sft: Format = {
  name: 'sft',
  columns: [PROMPT, code('completion', 'The accepted suggestion, or its accepted part.'), SUFFIX, ...EXTRA],
  order: ['id'],
  rows: (example) =>
    example.label === 'positive'
      ? [{ prompt: promptOf(example), completion: example.completion, suffix: example.suffix, ...own(example) }]
      : [],
};

const dpo: Format = {
  name: 'dpo',
  columns: [
    PROMPT,
    code('chosen', 'The preferred code.'),
    code('rejected', 'The code that it was preferred to.'),
    SUFFIX,
    ...EXTRA,
  ],
  order: ['id'],
  rows: (example) => {
    const { pair } = example;
    if (!pair) return [];
    const { chosen, rejected } = pair;
    return [
      {
        prompt: promptOf(example),
        chosen,
        rejected,
        suffix: example.suffix,
        ...extra(example, pair.weight, pair.reason),
      },
    ];
  },
};

const openai: Format = {
  name: 'openai',
  columns: [
    code('input', 'The prompt as the one user message.', MESSAGES_INPUT),
    code('preferred_output', 'The preferred code as the one assistant message.', MESSAGES),
    code('non_preferred_output', 'The other code as the one assistant message.', MESSAGES),
    SUFFIX,
    ...EXTRA,
  ],
  order: ['id'],
  rows: (example) => {
    const { pair } = example;
    if (!pair) return [];
    const message = (role: string, content: string) => ({ role, content });
    return [
      {
        input: { messages: [message('user', promptOf(example))] },
        preferred_output: [message('assistant', pair.chosen)],
        non_preferred_output: [message('assistant', pair.rejected)],
        suffix: example.suffix,
        ...extra(example, pair.weight, pair.reason),
      },
    ];
  },
};

function fim(template: FimTemplate): Format {
  return {
    name: 'fim',
    columns: [
      code('text', `Prefix, suffix and completion in the fill-in-the-middle form of ${template}.`),
      code('prefix', 'The text before the cursor.'),
      SUFFIX,
      code('completion', 'The accepted suggestion, or its accepted part.'),
      code('context', 'Quoted context, each piece under a comment with its path; not part of text.'),
      column('template', 'VARCHAR', 'The form that text is rendered in.'),
      ...EXTRA,
    ],
    order: ['id'],
    rows: (example, options) => {
      const { prefix, suffix, completion } = example;
      const context = contextBlock(example.context, example.language);
      const used = options?.fimTemplate ?? template;
      if (example.label !== 'positive' || [prefix, suffix, completion, context].some(hasSentinel)) return [];
      const text = renderFim(used, { prefix, suffix, completion });
      return [{ text, prefix, suffix, completion, context, template: used, ...own(example) }];
    },
  };
}

/** The format of that name. Throws RangeError for a fill-in-the-middle template that does not exist. */
export function formatOf(name: FormatName, options: FormatOptions = {}): Format {
  const format = plainFormatOf(name, options);
  const fields = FIELD_NAMES.filter((field) => options.fields?.includes(field));
  if (fields.length === 0) return format;
  return {
    ...format,
    columns: [...format.columns, ...fields.map((field) => column(field, 'VARCHAR', FIELDS[field]))],
    rows: (example, given) =>
      format.rows(example, given).map((row) => {
        for (const field of fields) row[field] = example.fields?.[field] ?? '';
        return row;
      }),
  };
}

function plainFormatOf(name: FormatName, options: FormatOptions): Format {
  switch (name) {
    case 'kto':
      return kto;
    case 'sft':
      return sft;
    case 'dpo':
      return dpo;
    case 'openai':
      return openai;
    case 'fim': {
      const template = options.fimTemplate ?? 'starcoder';
      if (!FIM_TEMPLATES.includes(template))
        throw new RangeError(
          `"${template}" is no fill-in-the-middle template: use one of ${FIM_TEMPLATES.join(', ')}.`,
        );
      return fim(template);
    }
  }
}

/** A column as `datasets` describes features in YAML. Times are microseconds, as DuckDB writes them. */
export function featureOf({ name, type }: Column): Record<string, unknown> {
  const messages = [
    { name: 'role', dtype: 'string' },
    { name: 'content', dtype: 'string' },
  ];
  switch (type) {
    case 'VARCHAR':
      return { name, dtype: 'string' };
    case 'BOOLEAN':
      return { name, dtype: 'bool' };
    case 'DOUBLE':
      return { name, dtype: 'float64' };
    case 'BIGINT':
      return { name, dtype: 'int64' };
    case 'TIMESTAMP':
      return { name, dtype: 'timestamp[us]' };
    case MESSAGES:
      return { name, list: messages };
    case MESSAGES_INPUT:
      return { name, struct: [{ name: 'messages', list: messages }] };
  }
}
