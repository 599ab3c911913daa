/** Text of a card: names come from policies and events, and nothing in them may become markup. */

export function list(items: readonly string[]): string {
  if (items.length === 0) return 'nobody';
  const words = [...items].sort().map(text);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`;
}

/** Without Markdown, HTML or the end of a table cell. */
export function text(value: string): string {
  return oneLine(value).replace(/[\\`*[\]<>|#&$~]/g, (char) => `&#${char.charCodeAt(0)};`);
}

export function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\s]+/gu, ' ');
}
