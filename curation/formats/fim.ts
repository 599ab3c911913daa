/** Fill-in-the-middle templates of the code models, and the sentinel texts that must never stand inside a training text. */

export type FimTemplate = 'starcoder' | 'qwen2.5-coder' | 'codellama' | 'deepseek' | 'codestral';

interface Parts {
  prefix: string;
  suffix: string;
  completion: string;
}

// As the models' own tokenizers spell them; none ends in an end-of-text token, which a trainer adds itself.
const TEMPLATES: Record<FimTemplate, (parts: Parts) => string> = {
  starcoder: ({ prefix, suffix, completion }) => `<fim_prefix>${prefix}<fim_suffix>${suffix}<fim_middle>${completion}`,
  'qwen2.5-coder': ({ prefix, suffix, completion }) =>
    `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>${completion}`,
  codellama: ({ prefix, suffix, completion }) => `<PRE> ${prefix} <SUF>${suffix} <MID>${completion}`,
  deepseek: ({ prefix, suffix, completion }) =>
    `<\uFF5Cfim\u2581begin\uFF5C>${prefix}<\uFF5Cfim\u2581hole\uFF5C>${suffix}<\uFF5Cfim\u2581end\uFF5C>${completion}`,
  codestral: ({ prefix, suffix, completion }) => `[SUFFIX]${suffix}[PREFIX]${prefix}${completion}`,
};

export const FIM_TEMPLATES = Object.keys(TEMPLATES) as FimTemplate[];

/** The training text of one hole in the model's own form. Texts must be free of sentinels (`hasSentinel`). */
export function renderFim(template: FimTemplate, parts: Parts): string {
  return TEMPLATES[template](parts);
}

/**
 * Texts that tokenizers of code and chat models turn into control tokens: a row that contains one could break out of its field.
 * `<s>` and `</s>` are left out, since they are also HTML, and TRL and the tokenizers named here read them as text.
 */
export const SENTINELS: string[] = [
  // StarCoder, SantaCoder
  ...['prefix', 'suffix', 'middle', 'pad'].flatMap((part) => [`<fim_${part}>`, `<fim-${part}>`]),
  ...['<file_sep>', '<repo_name>', '<reponame>', '<gh_stars>', '<jupyter_start>', '<empty_output>'],
  // Qwen2.5-Coder and its chat form
  ...['fim_prefix', 'fim_suffix', 'fim_middle', 'fim_pad', 'repo_name', 'file_sep'].map((part) => `<|${part}|>`),
  ...['endoftext', 'im_start', 'im_end', 'eot_id', 'begin_of_text', 'end_of_text'].map((part) => `<|${part}|>`),
  // CodeLlama
  ...['<PRE>', '<SUF>', '<MID>', '<EOT>'],
  // DeepSeek Coder
  ...[
    'fim\u2581begin',
    'fim\u2581hole',
    'fim\u2581end',
    'begin\u2581of\u2581sentence',
    'end\u2581of\u2581sentence',
  ].map((part) => `<\uFF5C${part}\uFF5C>`),
  ...['<|EOT|>'],
  // Codestral
  ...['[PREFIX]', '[SUFFIX]', '[MIDDLE]'],
];

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const sentinel = new RegExp(SENTINELS.map(escaped).join('|'));

/** Whether a sentinel stands anywhere in the text (reason `sentinel_text`). One pass, linear. */
export function hasSentinel(text: string): boolean {
  return sentinel.test(text);
}
