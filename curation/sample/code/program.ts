/** Invented programs: functions over numbers and lists of numbers, not yet in any language. */
import type { Random } from '../random.ts';
import { functionWords, valueWords } from './names.ts';

export type Type = 'number' | 'list';
export interface Value {
  words: string[];
  type: Type;
}

/** Text and names in turn; a printer joins them, writing each name in the style of its language. */
export type Expression = readonly (string | Value)[];

export type Statement =
  | { kind: 'let'; value: Value; to: Expression }
  | { kind: 'list'; value: Value }
  | { kind: 'add'; to: Value; what: Expression }
  | { kind: 'each'; item: Value; of: Value; body: Statement[] }
  | { kind: 'when'; test: Expression; body: Statement[] }
  | { kind: 'return'; value: Expression };

export interface Routine {
  words: string[];
  parameters: Value[];
  returns: Type;
  summary: string;
  body: Statement[];
}

/** @param isPrivate whether names carry the mark of private code */
export function inventRoutine(random: Random, isPrivate: boolean): Routine {
  const value = (type: Type): Value => ({ words: valueWords(random, isPrivate), type });
  const number = (): string => String(2 + random.below(997));
  const words = functionWords(random, isPrivate);
  const source = value('list');
  const limit = value('number');
  const total = value('number');
  const picked = value('list');
  const body: Statement[] = [{ kind: 'let', value: total, to: arithmetic(random, limit, number()) }];
  const known: Value[] = [limit, total];
  for (let extra = random.below(3); extra > 0; extra--) {
    const next = value('number');
    body.push({ kind: 'let', value: next, to: [...arithmetic(random, random.pick(known), number()), ' - ', total] });
    known.push(next);
  }
  const returns: Type = random.chance(0.5) ? 'list' : 'number';
  if (returns === 'list') body.push({ kind: 'list', value: picked });
  const item = value('number');
  const inner: Statement[] = [];
  const scaled = value('number');
  inner.push({ kind: 'let', value: scaled, to: [item, random.pick([' * ', ' + ', ' - ']), random.pick(known)] });
  const test: Expression = [scaled, random.pick([' > ', ' < ', ' >= ']), random.pick(known), ' + ', number()];
  const then: Statement[] =
    returns === 'list'
      ? [{ kind: 'add', to: picked, what: [scaled, ' + ', random.pick(known)] }]
      : [{ kind: 'return', value: [scaled, ' * ', number(), ' + ', random.pick(known)] }];
  inner.push({ kind: 'when', test, body: then });
  body.push({ kind: 'each', item, of: source, body: inner });
  if (random.chance(0.4)) {
    const early: Expression = returns === 'list' ? [picked] : [total, ' - ', number()];
    body.push({ kind: 'when', test: [total, ' > ', number()], body: [{ kind: 'return', value: early }] });
  }
  body.push({ kind: 'return', value: returns === 'list' ? [picked] : [random.pick(known), ' + ', total] });
  const summary = `${words.join(' ')} by ${limit.words.join(' ')}, at most ${number()} ${source.words.join(' ')}s`;
  return { words, parameters: [source, limit], returns, summary, body };
}

function arithmetic(random: Random, value: Value, number: string): Expression {
  return [value, random.pick([' * ', ' + ', ' - ']), number];
}
