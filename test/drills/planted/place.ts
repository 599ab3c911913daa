/** Events and facts that drills plant things in: users who allow training, public and private repositories, suggestions that were kept. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../../curation/sample/random.ts';

export const NOW = '2026-05-10T00:00:00Z';
const START = Date.parse('2026-05-01T00:00:00Z');
const SINCE = '2024-01-01T00:00:00Z';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export interface Suggestion {
  url?: string;
  path?: string | undefined;
  prefix: string;
  completion: string;
  suffix?: string;
  context?: object[];
  user?: string;
  device?: string;
  /** More fields of the record that carries the text. */
  more?: Record<string, unknown>;
  captured?: string;
  /** Accepted unless told; what is captured after a rejection is preferred to what was suggested. */
  rejected?: boolean;
}

export class Planted {
  readonly random: Random;
  readonly #repositories: object[] = [];
  readonly #consents: object[] = [];
  readonly #files = new Map<string, (string | Buffer)[]>();
  readonly #folders = new Map<string, string>();
  #repositoryId = 1000;
  #made = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 'drill');
  }

  letters(length: number): string {
    return this.random.text(LETTERS, length);
  }

  repository(name: string, visibility: 'public' | 'private' = 'public', more: object = {}): string {
    const [owner, repository] = name.split('/') as [string, string];
    const id = this.#repositoryId++;
    this.#repositories.push({ host: 'github.com', id, owner, name: repository, visibility, since: SINCE, license: 'MIT', ...more }); // prettier-ignore
    return `https://github.com/${name}.git`;
  }

  user(id: string, training: 'allowed' | 'denied' = 'allowed'): string {
    this.#consents.push({ userId: id, plan: 'pro', training, since: SINCE });
    return id;
  }

  /** Text of a facts file, such as a CODEOWNERS of one repository. */
  fact(path: string, text: string): void {
    this.#folders.set(path, text);
  }

  /** Code that is like no other: lines of calls on invented names. */
  code(lines: number): string {
    const line = () => {
      const [a, b, c] = [this.letters(7), this.letters(6), this.letters(5)];
      return this.random.pick([
        `const ${a} = ${b}.${c}(${this.random.below(900)});`,
        `if (${a} > ${b}) return ${c}[${a}];`,
        `${a}.push({ ${b}: ${c} });`,
        `for (const ${a} of ${b}) ${c}(${a});`,
        `function ${a}(${b}) { return ${b} + ${c}; }`,
        `await ${a}("${b} ${c}", ${this.random.below(99)});`,
      ]);
    };
    return Array.from({ length: lines }, line).join('\n') + '\n';
  }

  line(file: string, record: object | string | Buffer): void {
    const text = typeof record === 'string' || Buffer.isBuffer(record) ? record : JSON.stringify(record);
    const lines = this.#files.get(file) ?? [];
    lines.push(text, '\n');
    this.#files.set(file, lines);
  }

  /** A time of its own, and the id that goes with it. */
  next(): { id: string; time: (seconds: number) => string } {
    const n = this.#made++;
    const start = START + n * 60_000;
    return { id: `x${n}`, time: (seconds) => new Date(start + seconds * 1000).toISOString() };
  }

  /** A suggestion that was shown, accepted and kept; the text stands on the first record. Returns its ids. */
  suggest(file: string, given: Suggestion): string {
    const { id, time } = this.next();
    const user = { id: given.user ?? 'nobody', ...(given.device ? { deviceId: given.device } : {}) };
    const common = { suggestionId: `s-${id}`, requestId: `r-${id}`, user };
    const about = {
      client: { ide: 'vscode', extension: 'copilot' },
      ...(given.url ? { repository: { url: given.url } } : {}),
      document: { ...(given.path === undefined ? {} : { path: given.path }), language: 'typescript' },
    };
    this.line(file, {
      ...{ id: `${id}-a`, type: 'shown', time: time(0), ...common, ...about, displayedMs: 2500 },
      prompt: { prefix: given.prefix, suffix: given.suffix ?? '', context: given.context ?? [] },
      ...{ completion: given.completion, model: 'm1', strategy: 'arm-a', ...given.more },
    });
    const type = given.rejected ? 'rejected' : 'accepted';
    this.line(file, { id: `${id}-b`, type, time: time(3), ...common, ...about });
    if (given.captured !== undefined)
      this.line(file, {
        ...{ id: `${id}-c`, type: 'captured', time: time(33), ...common, ...about, afterSeconds: 30 },
        ...{ capturedCode: given.captured, capturedFrom: 0, capturedTo: given.captured.length },
      });
    for (const seconds of given.rejected ? [] : [30, 120, 300])
      this.line(file, {
        ...{ id: `${id}-r${seconds}`, type: 'retained', time: time(3 + seconds), ...common, ...about },
        ...{ afterSeconds: seconds, editDistance: 0 },
      });
    return id;
  }

  /** Writes events and facts under a folder. */
  write(folder: string): void {
    mkdirSync(join(folder, 'events'), { recursive: true });
    mkdirSync(join(folder, 'facts'), { recursive: true });
    const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n') + '\n';
    writeFileSync(join(folder, 'facts', 'repositories.jsonl'), lines(this.#repositories));
    writeFileSync(join(folder, 'facts', 'consents.jsonl'), lines(this.#consents));
    for (const [path, text] of this.#folders) {
      mkdirSync(join(folder, 'facts', path, '..'), { recursive: true });
      writeFileSync(join(folder, 'facts', path), text);
    }
    for (const [name, parts] of this.#files)
      writeFileSync(join(folder, 'events', name), Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  }
}
