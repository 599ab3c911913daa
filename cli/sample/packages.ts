/** Finds and reads installed packages as source files for samples. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SourceFile } from '../../curation/sample/world.ts';

const MOST_PACKAGES = 160;
const MOST_FILES_A_PACKAGE = 12;
const LEAST_BYTES = 400;
const MOST_BYTES = 48 * 1024;
const MOST_CHARACTERS = 16 << 20;
const ENDING = /\.([cm]?[jt]s|json|md)$/;
/** Folders of other packages, and of what installation builds on this machine. */
const PASSED_OVER = new Set(['node_modules', 'build', 'prebuilds']);

/** The nearest node_modules at or above a folder. */
export async function findPackages(from: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules');
    if ((await lstat(candidate).catch(() => undefined))?.isDirectory() === true) return candidate;
    if (folder === dirname(folder))
      throw new Error(`no node_modules at or above ${from}: run npm ci, or name a folder of packages`);
  }
}

/**
 * Readable files of the packages that name a repository on github.com, in an order that only names decide; a part of
 * large packages, some 16 million characters in all.
 * @param folder a node_modules folder
 */
export async function readSources(folder: string): Promise<SourceFile[]> {
  const sources: SourceFile[] = [];
  let characters = 0;
  let packages = 0;
  for (const name of await packageNames(folder)) {
    if (packages === MOST_PACKAGES || characters > MOST_CHARACTERS) break;
    const files = await readPackage(join(folder, name), name);
    if (files.length > 0) packages++;
    for (const file of files) characters += file.text.length;
    sources.push(...files);
  }
  return sources;
}

async function packageNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith('.')) continue;
    if (!name.startsWith('@')) names.push(name);
    else names.push(...(await readdir(join(folder, name))).sort().map((inner) => `${name}/${inner}`));
  }
  return names;
}

async function readPackage(folder: string, name: string): Promise<SourceFile[]> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) return [];
  const sources: SourceFile[] = [];
  for (const path of spread(await sourcePaths(folder, ''), MOST_FILES_A_PACKAGE)) {
    const text = (await readFile(join(folder, path), 'utf8')).replaceAll('\r\n', '\n');
    if (!isReadable(text)) continue;
    const place = manifest.directory === '' ? path : `${manifest.directory}/${path}`;
    sources.push({ package: name, ...manifest.about, path: place, text });
  }
  return sources;
}

interface Manifest {
  directory: string;
  about: { version: string; license: string; repository: string };
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let manifest: { version?: unknown; license?: unknown; repository?: unknown; private?: unknown };
  try {
    manifest = JSON.parse(text) as typeof manifest;
  } catch {
    return undefined;
  }
  const { version, license, repository } = manifest;
  const place = (typeof repository === 'string' ? { url: repository } : (repository ?? {})) as Record<string, unknown>;
  const found =
    /^(?:github:|(?:git\+)?(?:https?|ssh|git):\/\/(?:[^/@]*@)?github\.com\/|git@github\.com:)?([\w.-]+)\/([\w.-]+?)(?:\.git)?(?:[#/].*)?$/.exec(
      typeof place.url === 'string' ? place.url : '',
    );
  if (found === null || typeof version !== 'string' || typeof license !== 'string' || manifest.private === true) {
    return undefined;
  }
  const directory = typeof place.directory === 'string' ? place.directory.replace(/^[./]+|\/+$/g, '') : '';
  return { directory, about: { version, license, repository: `github.com/${found[1]}/${found[2]}` } };
}

async function sourcePaths(folder: string, under: string): Promise<string[]> {
  const paths: string[] = [];
  const entries = await readdir(join(folder, under), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) paths.push(...(await sourcePaths(folder, path)));
    else if (entry.isFile() && ENDING.test(entry.name)) {
      const { size } = await lstat(join(folder, path));
      if (size >= LEAST_BYTES && size <= MOST_BYTES) paths.push(path);
    }
  }
  return paths;
}

/** At most `most` of a list, evenly spread over it. */
function spread<T>(list: T[], most: number): T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, index) => list[Math.floor((index * list.length) / most)]!);
}

/** Not minified, not binary. */
function isReadable(text: string): boolean {
  const lines = text.split('\n');
  return lines.length >= 8 && text.length / lines.length < 100 && !/[\0\uFFFD]/.test(text);
}
