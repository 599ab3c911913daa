/** Finds the value that belongs to a key where no operator ties them: a later argument, a note behind the value, the next line. */
import type { KeyStrength } from '../rules/rule.ts';
import { looksSecret } from './judgement.ts';

/** How far after a key a value is looked for, in UTF-16 units; values without quotes must be nearer. */
const REACH = 120;
const BARE_REACH = 64;
/** How far before a key that is named in a note at the end of a line. */
const BEHIND = 200;

const QUOTED = /(["'`])((?:(?!\1)[^\s\\]){6,128})\1/g;
const BARE =
  /(?:(?<!\bh1|sha\d{1,3})[:=>|,：]|\b(?:is|was|are|from|to|lautet|ist|est|es|jest)\b| {2}|->|→|\t)[ \t]{0,8}((?:[^\s"'`<>|,;]|<(?=\d)){8,128})(?=$|[\s,;|])/g;
/** What ends the reach of a key on its line. */
const END = /;(?=\s|$)|\n|\\n|\r/;
const NOTE =
  /(?:(?<!:)\/\/|(?<=\s)#|(?<=\s)--|\/\*|<!--|(?<=\s);|(?<=\s)%|\(|\bas (?:the |a |your |its |our )?|\bis (?:the |a |your |its |our )?|<-|←)[ \t*]{0,4}[^"'`\n;]{0,48}$/;
const BEFORE_NOTE = /(["'`])((?:(?!\1)[^\s\\]){6,128})\1|(?:^|[=:\s])([^\s"'`<>|,;()]{8,128})(?=\s)/g;
const NESTED =
  /^[ \t]{1,24}["']?(?:default|value|content|initial)\w{0,8}["']?[ \t]{0,8}[:=]>?[ \t]{0,8}["']?([^\s"'`<>,]{6,128})/i;
const NESTED_LINES = 6;
/** A line that holds a value and nothing else. */
const ALONE = /^[ \t*#>/-]{0,12}["'`]?([^\s"'`<>]{6,128})["'`]?[ \t,;]{0,4}(?:->|=>|\r?$|\\n|\n)/;

/** Offsets in the text of a value near the key at [start, end), or null. Reads at most `REACH` units after it and `BEHIND` before. */
export function nearby(
  text: string,
  start: number,
  end: number,
  strength: KeyStrength,
): { start: number; end: number } | null {
  const ahead = text.slice(end, end + REACH);
  const stop = END.exec(ahead);
  // What the reach cuts in two is not a value.
  const rest =
    stop !== null
      ? ahead.slice(0, stop.index)
      : end + REACH >= text.length
        ? ahead
        : ahead.slice(0, ahead.search(/\S*$/));
  const found =
    within(rest, end, strength) ?? nextLine(text, end, rest, stop?.[0], strength) ?? nested(text, end, rest, strength);
  return found ?? noted(text, start, strength);
}

function within(rest: string, base: number, strength: KeyStrength): { start: number; end: number } | null {
  for (const match of rest.matchAll(QUOTED)) {
    const value = match[2]!;
    if (looksSecret(value, strength, true))
      return { start: base + match.index + 1, end: base + match.index + 1 + value.length };
  }
  for (const match of rest.slice(0, BARE_REACH + 64).matchAll(BARE)) {
    const value = match[1]!.replace(/[.,:!?)\]}]+$/, '');
    const at = match.index + match[0].length - match[1]!.length;
    if (at > BARE_REACH) break;
    if (looksSecret(value, strength, false)) return { start: base + at, end: base + at + value.length };
  }
  return null;
}

/** The line after a key that ends its own: `Password:`, `case password do`. */
function nextLine(
  text: string,
  end: number,
  rest: string,
  stop: string | undefined,
  strength: KeyStrength,
): { start: number; end: number } | null {
  if (stop === undefined || stop === '\r' || !/^["'\])*_]{0,4}(?:[ \t]*(?:[:=>({[|,-]|->|is|do|then|below|follows|in|of)){0,4}[ \t]*$/.test(rest)) return null; // prettier-ignore
  let at = end + rest.length + stop.length;
  for (let blank = 0; blank < 2 && /^[ \t]*\r?\n/.test(text.slice(at, at + 40)); blank++)
    at = text.indexOf('\n', at) + 1;
  const match = ALONE.exec(text.slice(at, at + 160));
  if (match === null || !looksSecret(match[1]!, strength, /["'`]/.test(match[0]))) return null;
  const from = at + match[0].indexOf(match[1]!);
  return { start: from, end: from + match[1]!.length };
}

/** A default or a value some lines below a key that opens a block: a parameter of a template, a variable. */
function nested(text: string, end: number, rest: string, strength: KeyStrength): { start: number; end: number } | null {
  if (!/^["'\])]{0,3}[ \t]*[:=]?[ \t]*[{[]?[ \t]*$/.test(rest)) return null;
  let at = text.indexOf('\n', end + rest.length) + 1;
  for (let n = 0; n < NESTED_LINES && at > 0 && /[ \t]/.test(text[at] ?? ''); n++) {
    const line = text.slice(at, at + 200).split('\n', 1)[0]!;
    const value = NESTED.exec(line)?.[1];
    if (value !== undefined) {
      if (!looksSecret(value, strength, true)) return null;
      const from = at + line.lastIndexOf(value);
      return { start: from, end: from + value.length };
    }
    if (line.length === 200) return null;
    at += line.length + 1;
  }
  return null;
}

/** A value that stands before its name: `<property value="…" name="password"/>`. */
const VALUE_FIRST =
  /(?:value|Value|content)["']?[ \t]{0,4}[=:][ \t]{0,4}["']([^"'\n]{6,128})["'][ \t]{0,4},?[ \t]{0,4}["']?(?:name|key|Name|Key|id)["']?[ \t]{0,4}[=:][ \t]{0,4}["'][\w.-]{0,40}$/;

/** A value before a note that says what it is: `x = "…" # the password`, `… is the password`. */
function noted(text: string, start: number, strength: KeyStrength): { start: number; end: number } | null {
  const from = Math.max(0, start - BEHIND);
  let before = text.slice(from, start);
  const line = before.lastIndexOf('\n') + 1;
  before = before.slice(line);
  const first = VALUE_FIRST.exec(before);
  if (first !== null && looksSecret(first[1]!, strength, true)) {
    const at = from + line + first.index + first[0].indexOf(first[1]!);
    return { start: at, end: at + first[1]!.length };
  }
  const note = NOTE.exec(before);
  if (note === null) return null;
  for (const match of before.slice(0, note.index + 1).matchAll(BEFORE_NOTE)) {
    const value = match[2] ?? match[3]!;
    if (!looksSecret(value, strength, match[2] !== undefined)) continue;
    const at = from + line + match.index + match[0].indexOf(value);
    return { start: at, end: at + value.length };
  }
  return null;
}
