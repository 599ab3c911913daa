/** The labelled set: secrets of many kinds in many notations, made by templates from a seed. */
import { createHash } from 'node:crypto';
import { MORE_SHAPES, MORE_TOKENS } from './further.ts';
import { Maker } from './maker.ts';
import { SHAPES } from './shapes.ts';
import { TOKENS } from './tokens.ts';

export interface Positive {
  kind: string;
  text: string;
  /** Every part of the secret: no eight characters of any may be left. */
  secrets: string[];
}

/** Places where a token stands; `§` is the value, `¤` a name. */
const PLACES = [
  'const ¤ = "§";', '¤ = \'§\'', 'export ¤=§', '  ¤: §', '"¤": "§",', '# curl https://api.acme.io -H "X-Key: §"', 'client.connect(¤, "§")', '<¤>§</N>',
  'https://api.acme.io/v1/¤?access_token=§&page=2', 'print("§")', '{\\"¤\\": \\"§\\"}', '    "¤ = \\"§\\"\\n",', '¤ := `§`', '// old: §', '--¤ §',
]; // prettier-ignore

/** The positives: at least `each` of every kind. */
export function positives(seed: number, each: number): Positive[] {
  const m = new Maker(seed);
  const list: Positive[] = [];
  const wrap = (text: string): string =>
    `function ${m.ident()}(${m.ident()}) {\n  return ${m.ident()};\n}\n${text}\n// ${m.word()} ${m.word()} ${m.int(100)}\n`;
  for (const [kind, make] of Object.entries({ ...TOKENS, ...MORE_TOKENS }))
    for (let i = 0; i < each; i++) {
      const token = make(m);
      const place = m
        .pick(PLACES)
        .replaceAll('¤', () => m.ident())
        .replace('§', () => token);
      list.push({ kind, text: wrap(place), secrets: [token.replace(/^https:\/\//, '')] });
    }
  for (const [kind, make] of Object.entries({ ...SHAPES, ...MORE_SHAPES }))
    for (let i = 0; i < each; i++) {
      const { text, secrets } = make(m);
      list.push({ kind, text: /^pem/.test(kind) ? text : wrap(text), secrets });
    }
  return list;
}

/** A name for the set: the same seed and templates give the same. */
export function setDigest(items: readonly { text: string }[]): string {
  const hash = createHash('sha256');
  for (const item of items) hash.update(item.text).update('\0');
  return hash.digest('hex').slice(0, 16);
}
