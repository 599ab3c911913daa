/** Runs a piece of TypeScript against the storage room in processes of its own: what one process cannot show, several at once do. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

export interface Program {
  start(...args: string[]): ChildProcess;
  /** Runs to its end and gives what it printed; fails when it did. */
  run(...args: string[]): Promise<string>;
  remove(): void;
}

/** `source` is the body of a module; `STORAGE` in it stands for the storage room's folder. */
export async function program(source: string): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'garner-child-'));
  const storage = join(import.meta.dirname, '../../storage');
  const entry = join(folder, 'entry.ts');
  writeFileSync(entry, source.replaceAll('STORAGE', storage));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  await build({
    root: join(import.meta.dirname, '../..'),
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: join(folder, 'out'),
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'main.mjs' } },
    },
  }).catch((error: unknown) => {
    remove();
    throw error;
  });
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [join(folder, 'out/main.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    start,
    run: (...args) =>
      new Promise((resolve, reject) => {
        const child = start(...args);
        let [out, problems] = ['', ''];
        child.stdout!.on('data', (data) => (out += String(data)));
        child.stderr!.on('data', (data) => (problems += String(data)));
        child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`exit ${code}: ${problems}`))));
      }),
    remove,
  };
}
