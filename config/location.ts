/** Finds the files of config/ both from the sources and from the compiled program. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path of a file of the project's config/ folder; compiled code lies one folder deeper, and data is not copied. */
export function configFile(name: string): string {
  const beside = fileURLToPath(new URL(name, import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../../config/${name}`, import.meta.url));
}
