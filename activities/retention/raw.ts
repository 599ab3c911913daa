/** Raw windows: the days that lie under an address with `{day}` in it, and the objects of one. Nothing outside of the form is ever named. */
import { ConfigError } from '../../config/document.ts';
import type { Day } from '../../curation/events/window.ts';
import { openStore, type ObjectInfo, type ObjectStore } from '../../storage/objects.ts';

const PLACE = /\{(day|year|month|date)\}/g;
const FORMS: Record<string, string> = { day: '\\d{4}-\\d\\d-\\d\\d', year: '\\d{4}', month: '\\d\\d', date: '\\d\\d' };

/** Days that hold objects, ascending. @throws ConfigError where the address names no day */
export async function rawWindows(input: string): Promise<Day[]> {
  const { store, form, within } = formOf(input);
  const days = new Set<Day>();
  for await (const { key } of store.list('')) {
    const day = dayIn(key, form, within);
    if (day !== null) days.add(day);
  }
  return [...days].sort();
}

/** The objects of one day, and the store that they lie in. */
export async function rawObjects(input: string, day: Day): Promise<{ store: ObjectStore; objects: ObjectInfo[] }> {
  const { store, form, within } = formOf(input);
  const objects: ObjectInfo[] = [];
  for await (const info of store.list('')) if (dayIn(info.key, form, within) === day) objects.push(info);
  return { store, objects };
}

interface Form {
  store: ObjectStore;
  /** Of keys that lie under the address; its groups are named by `within`. */
  form: RegExp;
  within: string[];
}

/** The address up to the folder before the first place is the store; what follows is a form that keys have. */
function formOf(input: string): Form {
  const [, address = '', query = ''] = /^([^?]*)(\?.*)?$/s.exec(input) ?? [];
  const first = address.search(/\{(day|year|month|date)\}/);
  const whole = /\{day\}/.test(address) || ['year', 'month', 'date'].every((place) => address.includes(`{${place}}`));
  const cut = address.lastIndexOf('/', first) + 1;
  // Without a folder before it the form could reach over a whole disk or bucket.
  if (first < 0 || !whole || cut === 0)
    throw new ConfigError(
      input,
      undefined,
      '--input',
      'must name a folder and, below it, the day: {day}, or {year}, {month} and {date}',
    );
  const within: string[] = [];
  const text = address
    .slice(cut)
    .replace(/\/+$/, '')
    .replace(/[\\^$.*+?()[\]|]/g, '\\$&')
    .replace(PLACE, (_, place: string) => (within.push(place), `(${FORMS[place]!})`));
  return { store: openStore(address.slice(0, cut) + query), form: new RegExp(`^${text}(?:/|$)`), within };
}

function dayIn(key: string, form: RegExp, within: readonly string[]): Day | null {
  const found = form.exec(key);
  if (!found) return null;
  const parts: Record<string, string> = {};
  for (const [index, place] of within.entries()) {
    const value = found[index + 1]!;
    // A place that stands twice must say the same.
    if ((parts[place] ??= value) !== value) return null;
  }
  const day = parts['day'] ?? `${parts['year']}-${parts['month']}-${parts['date']}`;
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day ? null : day;
}
