/** Source files made up for tests, as if read from installed packages. */
import { Random } from '../../../curation/sample/random.ts';
import type { SourceFile } from '../../../curation/sample/world.ts';

const WORDS = 'alpha bravo cargo delta ember frost gamma harbor indigo jasper'.split(' ');

export const NOW = Date.parse('2026-05-01T00:00:00Z');

/** Files of long and short lines, some with characters beyond the basic plane. */
export const SOURCES: SourceFile[] = Array.from({ length: 40 }, (_, index) => {
  const random = new Random('source', index);
  const lines = Array.from({ length: 120 }, () => {
    const count = 1 + random.below(14);
    const words = Array.from({ length: count }, () => `${random.pick(WORDS)}${random.below(1000)}`);
    return `${'  '.repeat(random.below(4))}${words.join(random.chance(0.1) ? ' 😀 ' : ' ')}`;
  });
  const ending = ['ts', 'js', 'md', 'json'][index % 4]!;
  return {
    package: `package-${index}`,
    version: '1.0.0',
    license: 'MIT',
    repository: `github.com/Maker-${index % 5}/Package-${index >> 1}`,
    path: `lib/file-${index}.${ending}`,
    text: lines.join('\n'),
  };
});
