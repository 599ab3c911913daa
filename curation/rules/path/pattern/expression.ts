/** Regular expressions of rules, matched in time linear in the text: an expression of a rule file must not stall a run. */
import { badPattern } from './brace.ts';

const MAX_LENGTH = 1024;
const MAX_DEPTH = 32;
/** Bounds the automaton, and with it the steps for each character of a text. */
const MAX_INSTRUCTIONS = 2_000;

type Test = (code: number) => boolean;
type Assertion = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'boundary' | 'noBoundary';
type Node =
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly least: number; readonly most: number };
type Instruction =
  | { readonly op: 'test'; readonly test: Test }
  | { readonly op: 'assert'; readonly assertion: Assertion }
  | { op: 'split'; first: number; second: number }
  | { readonly op: 'match' };

export interface Expressions {
  /** True where any of the expressions matches anywhere in the text. */
  anyMatches(text: string): boolean;
}

/**
 * Compiles expressions in JavaScript's syntax, bare or as `/…/flags` (i, m, s, u, g). Throws a PatternError for an
 * expression that is not valid, is longer than 1,024 characters, repeats too much, or needs more than an automaton
 * (back-references, look-around). Matching simulates the automaton (Thompson 1968): instructions × characters at most.
 */
export function compileExpressions(expressions: readonly string[], source: string): Expressions {
  const programs = expressions.map((expression) => compile(expression, source));
  return { anyMatches: (text) => programs.some((program) => runs(program, text)) };
}

function compile(expression: string, source: string): Instruction[] {
  const refuse = (problem: string): Error => badPattern(source, expression, problem, 'regular expression');
  if (expression.length > MAX_LENGTH) throw refuse(`longer than ${MAX_LENGTH} characters`);
  const delimited = /^\/(.*)\/([dgimsuy]*)$/s.exec(expression);
  const [body, flags] = delimited ? [delimited[1]!, delimited[2]!] : [expression, ''];
  try {
    new RegExp(body, flags);
  } catch {
    throw refuse('syntax error');
  }
  const program: Instruction[] = [];
  emit(new Parser(body, flags, refuse).parse(), program, refuse);
  program.push({ op: 'match' });
  return program;
}

class Parser {
  #at = 0;
  #depth = 0;
  readonly #body: string;
  readonly #flags: string;
  readonly #refuse: (problem: string) => Error;

  constructor(body: string, flags: string, refuse: (problem: string) => Error) {
    this.#body = body;
    this.#flags = flags;
    this.#refuse = refuse;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#body.length) throw this.#refuse('unmatched parenthesis');
    return node;
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#body.length && !'|)'.includes(this.#body[this.#at]!)) nodes.push(this.#quantified());
    return { kind: 'sequence', nodes };
  }

  #quantified(): Node {
    const node = this.#atom();
    const quantifier = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(this.#body.slice(this.#at, this.#at + 16));
    if (!quantifier) return node;
    this.#at += quantifier[0].length;
    const [text, least, range, most] = quantifier;
    if (least === undefined) {
      return { kind: 'repeat', node, least: text[0] === '+' ? 1 : 0, most: text[0] === '?' ? 1 : Infinity };
    }
    return { kind: 'repeat', node, least: +least, most: range === undefined ? +least : most ? +most : Infinity };
  }

  #atom(): Node {
    const rest = this.#body.slice(this.#at);
    if (rest.startsWith('(')) return this.#group(rest);
    const multiline = this.#flags.includes('m');
    if (this.#take('^')) return { kind: 'assert', assertion: multiline ? 'lineStart' : 'start' };
    if (this.#take('$')) return { kind: 'assert', assertion: multiline ? 'lineEnd' : 'end' };
    if (/^\\[bB]/.test(rest)) {
      this.#at += 2;
      return { kind: 'assert', assertion: rest[1] === 'b' ? 'boundary' : 'noBoundary' };
    }
    if (/^\\(?:[1-9]|k<)/.test(rest)) throw this.#refuse('back-reference');
    const one =
      /^(?:\[(?:\\.|[^\]\\])*\]|\\(?:u\{[0-9a-f]+\}|u[0-9a-f]{4}|x[0-9a-f]{2}|c[a-z]|[pP]\{[^}]*\}|.)|.)/isu.exec(rest);
    if (!one) throw this.#refuse('syntax error');
    this.#at += one[0].length;
    return { kind: 'test', test: this.#test(one[0]) };
  }

  #group(rest: string): Node {
    if (/^\(\?(?:<?[=!])/.test(rest)) throw this.#refuse('look-around');
    if (++this.#depth > MAX_DEPTH) throw this.#refuse(`groups nested deeper than ${MAX_DEPTH}`);
    this.#at += /^\((?:\?(?::|<[^>]*>))?/.exec(rest)![0].length;
    if (this.#body[this.#at] === '?' && rest[1] === '?') throw this.#refuse('unknown group');
    const node = this.#choice();
    if (!this.#take(')')) throw this.#refuse('unmatched parenthesis');
    this.#depth--;
    return node;
  }

  /** One character of text is tested by the platform's own engine, which settles case, classes and properties. */
  #test(atom: string): Test {
    const flags = this.#flags.replace(/[^isu]/g, '');
    let single: RegExp;
    try {
      single = new RegExp(`^(?:${atom})$`, flags.includes('u') ? flags : `${flags}u`);
    } catch {
      single = new RegExp(`^(?:${atom})$`, flags);
    }
    const known = new Int8Array(128);
    return (code) => {
      if (code > 127) return single.test(String.fromCodePoint(code));
      if (known[code] === 0) known[code] = single.test(String.fromCharCode(code)) ? 1 : -1;
      return known[code] === 1;
    };
  }

  #take(character: string): boolean {
    if (this.#body[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function emit(node: Node, program: Instruction[], refuse: (problem: string) => Error): void {
  if (program.length > MAX_INSTRUCTIONS) throw refuse('repeats too much');
  switch (node.kind) {
    case 'test':
      program.push({ op: 'test', test: node.test });
      return;
    case 'assert':
      program.push({ op: 'assert', assertion: node.assertion });
      return;
    case 'sequence':
      // An empty sequence takes one instruction too, so that repeating nothing cannot escape the bound.
      if (node.nodes.length === 0) jump(split(program), program.length);
      for (const part of node.nodes) emit(part, program, refuse);
      return;
    case 'choice': {
      const ends: { first: number; second: number }[] = [];
      node.nodes.forEach((part, index) => {
        if (index === node.nodes.length - 1) return emit(part, program, refuse);
        const fork = split(program);
        fork.first = program.length;
        emit(part, program, refuse);
        ends.push(split(program));
        fork.second = program.length;
      });
      for (const end of ends) jump(end, program.length);
      return;
    }
    case 'repeat': {
      for (let count = 0; count < node.least; count++) emit(node.node, program, refuse);
      if (node.most === Infinity) {
        const fork = split(program);
        fork.first = program.length;
        emit(node.node, program, refuse);
        const back = split(program);
        jump(back, program.indexOf(fork));
        fork.second = program.length;
      } else {
        for (let count = node.least; count < node.most; count++) {
          const fork = split(program);
          fork.first = program.length;
          emit(node.node, program, refuse);
          fork.second = program.length;
        }
      }
    }
  }
}

function jump(fork: { first: number; second: number }, target: number): void {
  fork.first = fork.second = target;
}

function split(program: Instruction[]): { op: 'split'; first: number; second: number } {
  const fork = { op: 'split' as const, first: 0, second: 0 };
  program.push(fork);
  return fork;
}

function runs(program: readonly Instruction[], text: string): boolean {
  const reached = new Int32Array(program.length).fill(-1);
  const stack: number[] = [];
  let waiting: number[] = [];
  for (let at = 0; ;) {
    const code = text.codePointAt(at);
    const following: number[] = [];
    waiting.push(0);
    for (const start of waiting) {
      stack.push(start);
      while (stack.length > 0) {
        const index = stack.pop()!;
        if (reached[index] === at) continue;
        reached[index] = at;
        const step = program[index]!;
        if (step.op === 'match') return true;
        if (step.op === 'split') stack.push(step.second, step.first);
        else if (step.op === 'assert') {
          if (holds(step.assertion, text, at)) stack.push(index + 1);
        } else if (code !== undefined && step.test(code)) following.push(index + 1);
      }
    }
    if (code === undefined) return false;
    at += code > 0xffff ? 2 : 1;
    waiting = following;
  }
}

const WORD = /\w/;
const LINE_END = /[\n\r\u2028\u2029]/;

function holds(assertion: Assertion, text: string, at: number): boolean {
  const before = text[at - 1];
  const after = text[at];
  switch (assertion) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'lineStart':
      return before === undefined || LINE_END.test(before);
    case 'lineEnd':
      return after === undefined || LINE_END.test(after);
    case 'boundary':
    case 'noBoundary': {
      const edge = (before !== undefined && WORD.test(before)) !== (after !== undefined && WORD.test(after));
      return edge === (assertion === 'boundary');
    }
  }
}
