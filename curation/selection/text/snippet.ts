/** The form of a snippet in which two people who wrote the same thing are seen to: its lexemes, without comments and layout. */
import { IN_LITERAL, withLexemes } from '../../overlap/lexer.ts';

/**
 * The lexemes of `text`, one blank between them; identifiers and literals stay as they are, with the blanks inside a literal.
 * Texts that differ in white space, line breaks and comments alone have the same form.
 */
export function normalisedSnippet(text: string): string {
  return withLexemes(text, ({ starts, ends, kinds, count }) => {
    const parts: string[] = [];
    for (let i = 0; i < count; i++) {
      // The lexemes of a literal are one piece with what stands between them; its closing quote is the first that is outside.
      const first = starts[i]!;
      while (i + 1 < count && (kinds[i]! & IN_LITERAL) !== 0) i++;
      parts.push(text.slice(first, ends[i]!));
    }
    return parts.join(' ');
  });
}
