/** Compares the files of a dataset folder with what is attested of them: missing, extra, swapped, cut and changed ones, by name. */
import type { DatasetPredicate, Statement } from './statement.ts';
import { parseSums, type Sum } from './sums.ts';

/** What is wrong, and what the reader can do about it. */
export interface Problem {
  file?: string;
  problem: string;
  todo: string;
}

/** A file as found in the folder. */
export interface FoundFile {
  /** Relative, with `/`, as it lies there: an encrypted one ends in `.age`. */
  path: string;
  /** Bytes as they lie there. */
  size: number;
  /** Hex sha256 of the bytes as they lie there. */
  stored: string;
  /** Hex sha256 after decrypting; absent where there is no key for it. Not needed for files that are not encrypted. */
  plain?: string;
}

export interface FilesInput {
  files: readonly FoundFile[];
  sums?: string | undefined;
  dataset: Statement;
  predicate: DatasetPredicate;
  stored?: Statement | undefined;
}

const COPY = 'Copy this file anew from where the dataset was published.';
const SUMS = 'SHA256SUMS';
const MANIFEST = 'manifest.dsse.json';

/** Every file that is not as attested, with what is wrong. One fault of a file is reported once. */
export function checkFiles({ files, sums, dataset, predicate, stored }: FilesInput): Problem[] {
  const problems: Problem[] = [];
  const plainOwner = new Map([...dataset.subjects].map(([path, sha256]) => [sha256, path]));
  const storedOwner = new Map([...(stored?.subjects ?? [])].map(([path, sha256]) => [sha256, path]));
  const found = new Map<string, FoundFile>();
  for (const file of files) {
    if (file.path === MANIFEST || file.path === SUMS) continue;
    const path = plainPath(file.path);
    if (!dataset.subjects.has(path)) {
      const original = plainOwner.get(plainDigest(file) ?? '');
      problems.push({
        file: file.path,
        problem: original
          ? `It is not part of the dataset; its content is that of ${original}.`
          : 'It is not part of the dataset.',
        todo: 'Remove it: nobody attests it.',
      });
    } else if (found.has(path)) {
      problems.push({
        file: file.path,
        problem: 'It is there both encrypted and in plain.',
        todo: 'Remove one of them.',
      });
    } else found.set(path, file);
  }
  for (const [path, sha256] of dataset.subjects) {
    const file = found.get(path);
    if (!file) {
      const sealed = `${path}.age`;
      problems.push({ file: stored?.subjects.has(sealed) ? sealed : path, problem: 'It is missing.', todo: COPY });
      continue;
    }
    const plain = plainDigest(file);
    const sealedAs = stored?.subjects.get(file.path);
    if (plain !== undefined && plain !== sha256) {
      problems.push(describe(file, path, plainOwner.get(plain), predicate.files[path]?.bytes));
    } else if (plain !== undefined && sealedAs !== undefined && sealedAs !== file.stored && file.path !== path) {
      problems.push({
        file: file.path,
        problem: 'It decrypts to the attested content, but is encrypted otherwise than attested.',
        todo: 'If it was rewrapped for other readers, sign the stored sums again.',
      });
    } else if (plain === undefined && sealedAs === undefined) {
      problems.push({
        file: file.path,
        problem: 'It is encrypted, and nothing attests its encrypted form.',
        todo: 'Pass an identity that opens it, or get the manifest that belongs to it.',
      });
    } else if (plain === undefined && sealedAs !== file.stored) {
      const owner = storedOwner.get(file.stored);
      problems.push(describe(file, path, owner, sizeOf(stored, file.path)));
    }
  }
  return [...problems, ...checkSums(files, sums, stored)].filter(onceAFile());
}

function describe(file: FoundFile, path: string, owner: string | undefined, size: number | undefined): Problem {
  const problem = owner
    ? `It holds the content of ${owner}: the files were swapped.`
    : path === 'README.md'
      ? 'The card was edited after it was signed.'
      : size !== undefined && !(file.path.endsWith('.age') && file.plain !== undefined) && file.size < size
        ? `It was cut: ${file.size} of ${size} bytes are there.`
        : 'Its content was changed.';
  return { file: file.path, problem, todo: COPY };
}

function checkSums(files: readonly FoundFile[], text: string | undefined, stored: Statement | undefined): Problem[] {
  const attested = stored?.subjects.get(SUMS);
  const file = files.find(({ path }) => path === SUMS);
  if (!file) return attested ? [{ file: SUMS, problem: 'It is missing.', todo: COPY }] : [];
  const opened = files.every(({ path }) => !path.endsWith('.age'));
  // A decrypted copy has other files than were stored, so it may bring its own sums.
  if (attested && attested !== file.stored && !(opened && isSealed(stored)))
    return [{ file: SUMS, problem: 'Its content was changed.', todo: COPY }];
  if (text === undefined) return [];
  let sums: Sum[];
  try {
    sums = parseSums(text);
  } catch (error) {
    return [{ file: SUMS, problem: error instanceof Error ? error.message : 'It is damaged.', todo: COPY }];
  }
  const byPath = new Map(files.map((one) => [one.path, one]));
  const plain = new Set(files.map((one) => plainPath(one.path)));
  const problems: Problem[] = [];
  for (const { path, sha256 } of sums) {
    const listed = byPath.get(path);
    if (path === MANIFEST || (!listed && plain.has(plainPath(path)))) continue;
    if (!listed) problems.push({ file: path, problem: 'SHA256SUMS lists it, and it is missing.', todo: COPY });
    else if (listed.stored !== sha256)
      problems.push({ file: path, problem: 'It differs from its sum in SHA256SUMS.', todo: COPY });
  }
  return problems;
}

function onceAFile(): (problem: Problem) => boolean {
  const seen = new Set<string>();
  return ({ file }) => {
    if (file === undefined) return true;
    const path = plainPath(file);
    return !seen.has(path) && !!seen.add(path);
  };
}

function isSealed(stored: Statement | undefined): boolean {
  return [...(stored?.subjects.keys() ?? [])].some((path) => path.endsWith('.age'));
}

function sizeOf(stored: Statement | undefined, path: string): number | undefined {
  const files = stored?.predicate['files'] as Record<string, { size?: unknown }> | undefined;
  const size = files?.[path]?.size;
  return typeof size === 'number' ? size : undefined;
}

function plainDigest(file: FoundFile): string | undefined {
  return file.path.endsWith('.age') ? file.plain : file.stored;
}

function plainPath(path: string): string {
  return path.endsWith('.age') ? path.slice(0, -4) : path;
}
