/** Prints invented programs in the languages of the sample. */
import type { Random } from '../random.ts';
import { camel, fileWords, pascal, snake } from './names.ts';
import { inventRoutine, type Expression, type Routine, type Statement, type Type, type Value } from './program.ts';

export const INVENTED_LANGUAGES = ['typescript', 'python', 'java', 'go', 'cpp', 'rust'] as const;
export type InventedLanguage = (typeof INVENTED_LANGUAGES)[number];

export interface InventedFile {
  path: string;
  text: string;
}

interface Printer {
  extension: string;
  folder: string;
  comment: string;
  indent: string;
  /** What closes a block; none where indentation does. */
  close: string;
  name(words: string[]): string;
  routineName(words: string[]): string;
  type: Record<Type, string>;
  open(name: string, parameters: string, returns: string): string;
  parameter(name: string, type: string): string;
  let(name: string, to: string): string;
  list(name: string): string;
  add(list: string, what: string): string;
  each(item: string, list: string): string;
  when(test: string): string;
  end: string;
  /** What stands before and after the routines, and how deep they stand in it. */
  frame(name: string): { head: string[]; tail: string[]; depth: number };
}

const bare = { head: [], tail: [], depth: 0 };

const PRINTERS: Record<InventedLanguage, Printer> = {
  typescript: {
    extension: 'ts', folder: 'src', comment: '//', indent: '  ', close: '}', name: camel, routineName: camel,
    type: { number: 'number', list: 'number[]' },
    open: (name, parameters, returns) => `export function ${name}(${parameters}): ${returns} {`,
    parameter: (name, type) => `${name}: ${type}`,
    let: (name, to) => `const ${name} = ${to};`,
    list: (name) => `const ${name}: number[] = [];`,
    add: (list, what) => `${list}.push(${what});`,
    each: (item, list) => `for (const ${item} of ${list}) {`,
    when: (test) => `if (${test}) {`,
    end: ';',
    frame: () => bare,
  },
  python: {
    extension: 'py', folder: 'lib', comment: '#', indent: '    ', close: '', name: snake, routineName: snake,
    type: { number: 'int', list: 'list[int]' },
    open: (name, parameters, returns) => `def ${name}(${parameters}) -> ${returns}:`,
    parameter: (name, type) => `${name}: ${type}`,
    let: (name, to) => `${name} = ${to}`,
    list: (name) => `${name} = []`,
    add: (list, what) => `${list}.append(${what})`,
    each: (item, list) => `for ${item} in ${list}:`,
    when: (test) => `if ${test}:`,
    end: '',
    frame: () => bare,
  },
  java: {
    extension: 'java', folder: 'src/main/java', comment: '//', indent: '    ', close: '}', name: camel, routineName: camel,
    type: { number: 'int', list: 'List<Integer>' },
    open: (name, parameters, returns) => `static ${returns} ${name}(${parameters}) {`,
    parameter: (name, type) => `${type} ${name}`,
    let: (name, to) => `int ${name} = ${to};`,
    list: (name) => `List<Integer> ${name} = new ArrayList<>();`,
    add: (list, what) => `${list}.add(${what});`,
    each: (item, list) => `for (int ${item} : ${list}) {`,
    when: (test) => `if (${test}) {`,
    end: ';',
    frame: (name) => ({ head: ['import java.util.*;', '', `final class ${name} {`], tail: ['}'], depth: 1 }),
  },
  go: {
    extension: 'go', folder: 'internal', comment: '//', indent: '\t', close: '}', name: camel, routineName: pascal,
    type: { number: 'int', list: '[]int' },
    open: (name, parameters, returns) => `func ${name}(${parameters}) ${returns} {`,
    parameter: (name, type) => `${name} ${type}`,
    let: (name, to) => `${name} := ${to}`,
    list: (name) => `var ${name} []int`,
    add: (list, what) => `${list} = append(${list}, ${what})`,
    each: (item, list) => `for _, ${item} := range ${list} {`,
    when: (test) => `if ${test} {`,
    end: '',
    frame: (name) => ({ head: [`package ${name.toLowerCase()}`], tail: [], depth: 0 }),
  },
  cpp: {
    extension: 'cpp', folder: 'source', comment: '//', indent: '  ', close: '}', name: snake, routineName: snake,
    type: { number: 'int', list: 'std::vector<int>' },
    open: (name, parameters, returns) => `${returns} ${name}(${parameters}) {`,
    parameter: (name, type) => `const ${type}& ${name}`,
    let: (name, to) => `const auto ${name} = ${to};`,
    list: (name) => `std::vector<int> ${name};`,
    add: (list, what) => `${list}.push_back(${what});`,
    each: (item, list) => `for (const auto ${item} : ${list}) {`,
    when: (test) => `if (${test}) {`,
    end: ';',
    frame: () => ({ head: ['#include <vector>'], tail: [], depth: 0 }),
  },
  rust: {
    extension: 'rs', folder: 'src', comment: '//', indent: '    ', close: '}', name: snake, routineName: snake,
    type: { number: 'i64', list: 'Vec<i64>' },
    open: (name, parameters, returns) => `pub fn ${name}(${parameters}) -> ${returns} {`,
    parameter: (name, type) => `${name}: ${type}`,
    let: (name, to) => `let ${name} = ${to};`,
    list: (name) => `let mut ${name} = Vec::new();`,
    add: (list, what) => `${list}.push(${what});`,
    each: (item, list) => `for ${item} in ${list} {`,
    when: (test) => `if ${test} {`,
    end: ';',
    frame: () => bare,
  },
}; // prettier-ignore

/** A source file of invented code, some 1,500 to 6,000 characters. */
export function inventFile(random: Random, language: InventedLanguage, isPrivate: boolean): InventedFile {
  const printer = PRINTERS[language];
  const words = [...fileWords(random), String(random.below(100))];
  const base = language === 'java' ? pascal(words) : snake(words);
  const { head, tail, depth } = printer.frame(base);
  const lines = [...head];
  for (let routines = 4 + random.below(8); routines > 0; routines--) {
    lines.push('', ...routineLines(inventRoutine(random, isPrivate), printer, depth));
  }
  return { path: `${printer.folder}/${base}.${printer.extension}`, text: `${[...lines, ...tail].join('\n').trim()}\n` };
}

function routineLines(routine: Routine, printer: Printer, depth: number): string[] {
  const parameters = routine.parameters.map((value) =>
    printer.parameter(printer.name(value.words), printer.type[value.type]),
  );
  const pad = printer.indent.repeat(depth);
  const name = printer.routineName(routine.words);
  const open = printer.open(name, parameters.join(', '), printer.type[routine.returns]);
  const lines = [`${pad}${printer.comment} ${routine.summary}`, `${pad}${open}`];
  lines.push(...block(routine.body, printer, depth + 1));
  if (printer.close) lines.push(pad + printer.close);
  return lines;
}

function block(body: Statement[], printer: Printer, depth: number): string[] {
  const pad = printer.indent.repeat(depth);
  const nested = (head: string, inner: Statement[]): string[] => [
    pad + head,
    ...block(inner, printer, depth + 1),
    ...(printer.close ? [pad + printer.close] : []),
  ];
  return body.flatMap((statement) => {
    switch (statement.kind) {
      case 'let':
        return [pad + printer.let(nameOf(statement.value, printer), print(statement.to, printer))];
      case 'list':
        return [pad + printer.list(nameOf(statement.value, printer))];
      case 'add':
        return [pad + printer.add(nameOf(statement.to, printer), print(statement.what, printer))];
      case 'each':
        return nested(printer.each(nameOf(statement.item, printer), nameOf(statement.of, printer)), statement.body);
      case 'when':
        return nested(printer.when(print(statement.test, printer)), statement.body);
      case 'return':
        return [`${pad}return ${print(statement.value, printer)}${printer.end}`];
    }
  });
}

function nameOf(value: Value, printer: Printer): string {
  return printer.name(value.words);
}

function print(expression: Expression, printer: Printer): string {
  return expression.map((part) => (typeof part === 'string' ? part : nameOf(part, printer))).join('');
}
