/** A YAML file whose every field knows its line, so that an error can say where to look. */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';

/** Wrong configuration: the message names file, line and field and says what to do. Commands end with exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly line: number | undefined;
  readonly field: string;

  constructor(file: string, line: number | undefined, field: string, problem: string) {
    super(`${file}${line === undefined ? '' : `:${line}`}${field ? ` ${field}` : ''}: ${problem}`);
    this.file = file;
    this.line = line;
    this.field = field;
  }
}

export type Path = (string | number)[];

/** `["paths", "exclude", "*", 0]` as `paths.exclude["*"][0]`. */
export function fieldName(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^\w+$/.test(part)
          ? `${index ? '.' : ''}${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('');
}

export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** Line, from 1, of the value at a path, or of its nearest parent that stands in the file. */
  line(path: Path): number;
  /** `policy.yaml:12 paths.exclude["*"][0]`. */
  source(path: Path): string;
}

/** Reads one YAML document. @throws ConfigError where it cannot be read, is not YAML, or repeats a key. */
export function readYaml(file: string, text: string = readText(file)): YamlFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, version: '1.2' });
  const error = document.errors[0] ?? document.warnings[0];
  if (error) throw new ConfigError(file, error.linePos?.[0].line, '', error.message.split('\n')[0]!);
  const line = (path: Path) => lineOf(document, counter, path);
  return {
    file,
    value: document.toJS({ maxAliasCount: 100 }) as unknown,
    line,
    source: (path) => `${file}:${line(path)} ${fieldName(path)}`,
  };
}

/** The text of a file that an option or field names. @throws ConfigError where it cannot be read */
export function readText(file: string, field = ''): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new ConfigError(file, undefined, field, `cannot be read (${code})`);
  }
}

function lineOf(document: Document.Parsed, counter: LineCounter, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    const range =
      typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[] | undefined) : undefined;
    if (range) return counter.linePos(range[0]!).line;
  }
  return 1;
}
