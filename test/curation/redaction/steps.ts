/** Counts the characters that a piece of work reads, so that tests can tell linear work from other work without a clock. */

type Any = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Runs `work` and returns how many UTF-16 units its string methods and expressions read. Of an expression that must match at one
 * place the match counts, and one unit where there is none: what it reads in vain is bounded by the expression, not by the text.
 */
export function unitsRead(work: () => void): number {
  let units = 0;
  const undo: (() => void)[] = [];
  const count = (
    owner: object,
    name: string,
    cost: (self: unknown, args: unknown[], result: unknown) => number,
  ): void => {
    const original = Reflect.get(owner, name) as Any;
    const counted: Any = function (...args) {
      const from = this instanceof RegExp ? this.lastIndex : 0;
      const result = Reflect.apply(original, this, args);
      units += cost(this, this instanceof RegExp ? [args[0], from] : args, result);
      return result;
    };
    Reflect.set(owner, name, counted);
    undo.push(() => Reflect.set(owner, name, original));
  };
  const text = String.prototype;
  count(text, 'charCodeAt', () => 1);
  for (const name of ['slice', 'toLowerCase', 'toUpperCase', 'trim'])
    count(text, name, (_, __, result) => String(result).length);
  for (const name of ['indexOf', 'includes'])
    count(text, name, (self, [what, from], result) => {
      const start = Number(from ?? 0);
      if (result === false || result === -1) return Math.max(1, String(self).length - start);
      return typeof result === 'number' ? result - start + 1 : String(self).split(String(what), 1)[0]!.length + 1;
    });
  const matching = (self: unknown, [subject, from]: unknown[], end: number | null): number => {
    const pattern = self as RegExp;
    if (pattern.sticky) return end === null ? 1 : end - Number(from) + 1;
    const start = pattern.global ? Number(from) : 0;
    if (end !== null) return end - start + 1;
    return pattern.source.startsWith('^') && !pattern.multiline ? 1 : String(subject).length - start + 1;
  };
  count(RegExp.prototype, 'exec', (self, args, result) => {
    const match = result as RegExpExecArray | null;
    return matching(self, args, match === null ? null : match.index + match[0].length);
  });
  try {
    work();
  } finally {
    for (const step of undo) step();
  }
  return units;
}
