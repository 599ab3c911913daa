/** Columns: what the rows of a folder hold beside what is attested of them. */
import type { Problem } from '../../curation/proof/check.ts';
import { FIELD_NAMES, FORMAT_NAMES, formatOf } from '../../curation/formats/example.ts';

/** Problems of data files whose columns, by path, are not those of their format and of the fields attested. Unread files have none. */
export function strangeColumns(columns: Readonly<Record<string, string[]>>, attested: unknown): Problem[] {
  const fields = FIELD_NAMES.filter((field) => Array.isArray(attested) && attested.includes(field));
  return Object.entries(columns).flatMap(([file, found]) => {
    const format = FORMAT_NAMES.find((name) => file.startsWith(`data/${name}/`));
    if (!format || found.length === 0) return [];
    const expected = formatOf(format, { fields }).columns.map(({ name }) => name);
    const strange = found.filter((name) => !expected.includes(name));
    const missing = expected.filter((name) => !found.includes(name));
    const said = (names: string[], what: string, todo: string): Problem[] =>
      names.length === 0 ? [] : [{ file, problem: `Columns that ${what}: ${names.map(nameOf).join(', ')}.`, todo }];
    return [
      ...said(strange, 'are not attested', 'Do not read them; ask the publisher.'),
      ...said(missing, 'are attested and not there', 'Ask the publisher for the file as it was published.'),
    ];
  });
}

/** A name that is no plain word may be anything: it is shown quoted and cut. */
function nameOf(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : JSON.stringify(name.slice(0, 40));
}
