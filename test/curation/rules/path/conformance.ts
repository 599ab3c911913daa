/** Reads the shared conformance data; says loudly where it is not there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../../../shared/conformance');

/** The parsed file, or undefined with a warning. */
export function conformance<Shape>(name: string): Shape | undefined {
  const file = join(folder, name);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Shape;
  console.warn(`SKIPPED: no ${name} in ../shared/conformance; its cases were not run`);
  return undefined;
}
