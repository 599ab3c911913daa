/** Real source files of installed packages, for tests that ask what unrelated code has in common. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const modules = join(import.meta.dirname, '../../../node_modules');

/** Texts of the JavaScript files of a package, each of 2 to 120 KB, at most `most`. Empty where it is not installed. */
export function packageSources(name: string, most = 20): string[] {
  const texts: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (texts.length >= most) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules') walk(path);
      else if (/\.[cm]?js$/.test(entry.name) && !/\.min\./.test(entry.name)) {
        const text = readFileSync(path, 'utf8');
        if (text.length >= 2000 && text.length <= 120_000) texts.push(text);
      }
    }
  };
  const folder = join(modules, name);
  if (existsSync(folder)) walk(folder);
  return texts;
}
