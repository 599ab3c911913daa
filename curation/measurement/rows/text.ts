/** What is kept of text without keeping any of it: lengths, lines, and a word of a closed list for what it is about. */
import type { CanonicalEvent } from '../../events/event.ts';

export const FRAMEWORKS = [
  ...(['react', 'vue', 'angular', 'svelte', 'next', 'express', 'nestjs', 'jest', 'vitest', 'django', 'flask'] as const),
  ...(['fastapi', 'numpy', 'pandas', 'pytorch', 'tensorflow', 'scikit-learn', 'pytest', 'spring', 'junit'] as const),
  ...(['android', 'gin', 'rails', 'laravel', 'tokio', 'qt'] as const),
] as const;
export type Framework = (typeof FRAMEWORKS)[number] | 'none' | 'withheld';
export const SHAPES = ['comment', 'test', 'declaration', 'block', 'line', 'fragment'] as const;
export type Shape = (typeof SHAPES)[number] | 'unknown' | 'withheld';

const IMPORTS: readonly (readonly [RegExp, Framework])[] = [
  [/\bfrom ['"]next[/'"]/, 'next'],
  [/['"]react(?:-dom)?['"/]/, 'react'],
  [/['"]vue['"/]/, 'vue'],
  [/['"]@angular\//, 'angular'],
  [/['"]svelte['"/]/, 'svelte'],
  [/['"]@nestjs\//, 'nestjs'],
  [/['"]express['"]/, 'express'],
  [/['"]vitest['"]/, 'vitest'],
  [/['"]@jest\/|\bjest\.\w/, 'jest'],
  [/\b(?:from|import) django\b/, 'django'],
  [/\b(?:from|import) flask\b/, 'flask'],
  [/\b(?:from|import) fastapi\b/, 'fastapi'],
  [/\b(?:from|import) torch\b/, 'pytorch'],
  [/\b(?:from|import) tensorflow\b/, 'tensorflow'],
  [/\b(?:from|import) sklearn\b/, 'scikit-learn'],
  [/\b(?:from|import) pandas\b/, 'pandas'],
  [/\b(?:from|import) numpy\b/, 'numpy'],
  [/\bimport pytest\b/, 'pytest'],
  [/\bimport org\.springframework\b/, 'spring'],
  [/\bimport (?:static )?org\.junit\b/, 'junit'],
  [/\bimport androidx?\./, 'android'],
  [/"github\.com\/gin-gonic\/gin"/, 'gin'],
  [/\bclass \w+ < (?:ApplicationRecord|ApplicationController)\b/, 'rails'],
  [/\buse Illuminate\\/, 'laravel'],
  [/\buse tokio::/, 'tokio'],
  [/#include <Q\w+>/, 'qt'],
];
/** Imports stand at the head of a file; this many characters of it are looked at. */
const HEAD = 8_192;
const TAIL = 400;

export function frameworkOf(prefix: string): Framework {
  const head = prefix.slice(0, HEAD);
  return IMPORTS.find(([pattern]) => pattern.test(head))?.[1] ?? 'none';
}

/** What kind of text was suggested, by how it begins and where it stands. */
export function shapeOf(prefix: string, completion: string): Shape {
  if (completion === '') return 'unknown';
  const tail = prefix.slice(-TAIL);
  const line = tail.slice(tail.lastIndexOf('\n') + 1);
  const start = completion.trimStart();
  if (/^(?:\/\/|#(?!include|define|if)|\/\*|\*|"""|<!--|--\s)/.test(line.trimStart() || start)) return 'comment';
  if (/\b(?:it|test|describe)\(\s*['"`]|\bdef test_|@Test\b|\bfunc Test[A-Z]/.test(tail + start.slice(0, TAIL)))
    return 'test';
  if (/^(?:export |public |private |async |static )*(?:function|class|def|fn|func|interface|struct|type|enum)\b/.test(start)) return 'declaration'; // prettier-ignore
  if (completion.trimEnd().includes('\n')) return 'block';
  return line.trim() === '' ? 'line' : 'fragment';
}

/** The prompt's end with names, numbers and spaces levelled: what a script that fills in a template leaves the same. */
export function templateOf(prefix: string): string {
  return prefix
    .slice(-2 * HEAD)
    .replace(/\d+/g, '0')
    .replace(/(["'`])(?:\\.|(?!\1)[^\\\n]){0,200}\1/g, '""')
    .replace(/\s+/g, ' ');
}

export interface TextSize {
  chars?: number;
  lines?: number;
  /** Characters standing at the suggestion's place when it was looked at later. */
  placeChars?: number;
}

export function sizeOf(event: CanonicalEvent): TextSize {
  const size: TextSize = {};
  const text = event.completion?.raw;
  if (text !== undefined && text !== '') {
    size.chars = text.length;
    size.lines = lineCount(text);
  }
  const captured = event.capturedCode?.raw;
  if (captured !== undefined) {
    const from = event.capturedFrom ?? 0;
    const to = event.capturedTo ?? captured.length;
    if (from >= 0 && to >= from && to <= captured.length) size.placeChars = to - from;
  }
  return size;
}

export function lineCount(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
