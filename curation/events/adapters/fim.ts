/** Takes a fill-in-the-middle prompt apart, where its sentinels leave no doubt. */

interface Template {
  before: string;
  between: string;
  after: string;
  /** Which of the two parts stands first. */
  first: 'prefix' | 'suffix';
}

/** The templates of StarCoder, Qwen2.5-Coder, CodeLlama, DeepSeek-Coder and Codestral, as their model cards give them. */
const TEMPLATES: readonly Template[] = [
  { before: '<fim_prefix>', between: '<fim_suffix>', after: '<fim_middle>', first: 'prefix' },
  { before: '<|fim_prefix|>', between: '<|fim_suffix|>', after: '<|fim_middle|>', first: 'prefix' },
  { before: '<PRE> ', between: ' <SUF>', after: ' <MID>', first: 'prefix' },
  { before: '<｜fim▁begin｜>', between: '<｜fim▁hole｜>', after: '<｜fim▁end｜>', first: 'prefix' },
  { before: '[SUFFIX]', between: '[PREFIX]', after: '', first: 'suffix' },
];

/** Prefix and suffix of a prompt; all of it is the prefix where no template fits or a sentinel occurs twice. */
export function splitFim(prompt: string): { prefix: string; suffix?: string } {
  for (const { before, between, after, first } of TEMPLATES) {
    if (!prompt.startsWith(before)) continue;
    const inner = prompt.slice(before.length, prompt.length - after.length);
    if (!prompt.endsWith(after) || (after !== '' && inner.includes(after)) || inner.includes(before)) continue;
    const parts = inner.split(between);
    if (parts.length !== 2) continue;
    const [a, b] = parts as [string, string];
    return first === 'prefix' ? { prefix: a, suffix: b } : { prefix: b, suffix: a };
  }
  return { prefix: prompt };
}
