/** Broken lines, as producers write them: cut off, doubled keys, wrong bytes, wrong times, paths that lead elsewhere. */
import type { Random } from './random.ts';

/** One line in this many is broken. */
export const DAMAGE_SHARE = 1 / 400;

/**
 * A broken line made of an event; without its line end. Bytes where the line is no valid UTF-8.
 * @param event is not changed
 */
export function damage(event: Record<string, unknown>, random: Random): string | Uint8Array {
  const line = JSON.stringify(event);
  const withField = (name: string, value: unknown): string => JSON.stringify({ ...event, [name]: value });
  switch (random.below(12)) {
    case 0:
      return line.slice(0, 1 + random.below(line.length - 1));
    case 1:
      return line.replace('{', `{"id":"${random.text('abcdef', 6)}",`);
    case 2:
      return line.replace('{', '{"__proto__":{"kept":true},');
    case 3: {
      const bytes = new TextEncoder().encode(line);
      bytes[bytes.indexOf(0x3a) + 2] = 0xff;
      return bytes;
    }
    case 4:
      return `${line.slice(0, -1)},"deep":${'['.repeat(80)}${']'.repeat(80)}}`;
    case 5:
      return `${line.slice(0, -1)},"displayedMs":NaN}`;
    case 6:
      return withField(
        'time',
        random.pick(['yesterday', 1777629600, '2026-02-30T10:00:00.000Z', '0026-04-20T10:00:00Z']),
      );
    case 7:
      return withField('displayedMs', -1 - random.below(5000));
    case 8:
      return withField('document', {
        path: random.pick(['/srv/work/a.ts', '../../a.ts', 'C:\\work\\a.ts', 'a%2Fb.ts', '']),
      });
    case 9:
      return `${line.slice(0, -1)},"completion":"\\ud83d"}`;
    case 10:
      return withField('type', 'liked');
    default:
      return `[${line}]`;
  }
}
