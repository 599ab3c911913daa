// Compiles TypeScript to dist/ and bundles the workflows, unless dist/ was built from exactly these sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOMS = ['config', 'curation', 'storage', 'activities', 'workflows', 'worker', 'cli', 'bench'];

/** Digest of everything that decides what the program does; it is the code version in every manifest. */
function sourceDigest(root) {
  const hash = createHash('sha256');
  for (const file of [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'setup/build.mjs',
    'setup/bundle.mjs',
  ])
    hash.update(file).update(readFileSync(join(root, file)));
  for (const room of ROOMS) {
    const folder = join(root, room);
    if (!existsSync(folder)) continue;
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|cjs|yaml|json)$/.test(entry.name))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
      .sort();
    for (const file of files)
      hash
        .update(file.replaceAll('\\', '/'))
        .update('\0')
        .update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

export function build(root) {
  const digest = sourceDigest(root);
  const stamp = join(root, 'dist', 'build.json');
  if (existsSync(stamp) && JSON.parse(readFileSync(stamp, 'utf8')).source === digest) return;
  console.error('Building…');
  rmSync(stamp, { force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const steps = [
    [tsc, '-p', join(root, 'tsconfig.build.json')],
    [join(root, 'setup', 'bundle.mjs'), root],
  ];
  for (const step of steps) {
    const result = spawnSync(process.execPath, step, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (result.status !== 0) {
      console.error('The build failed: see the message above.');
      process.exit(1);
    }
  }
  writeFileSync(stamp, JSON.stringify({ source: digest }) + '\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  build(dirname(dirname(fileURLToPath(import.meta.url))));
