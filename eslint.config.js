// Lint rules: types are checked, promises are awaited, and imports run only in the directions of the design.
import { builtinModules } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const rooms = ['cli', 'worker', 'workflows', 'activities', 'curation', 'storage', 'config', 'bench', 'test'];
const allowed = {
  curation: [],
  config: ['curation'],
  storage: ['curation', 'config'],
  activities: ['curation', 'storage', 'config'],
  workflows: ['activities', 'curation', 'config'],
  worker: ['workflows', 'activities', 'curation', 'storage', 'config'],
};
const io = ['fs', 'fs/promises', 'net', 'http', 'https', 'child_process', 'os', 'worker_threads'];
const nodeModules = builtinModules.flatMap((name) => [name, `node:${name}`]);

const directions = Object.entries(allowed).map(([room, may]) => ({
  files: [`${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: (room === 'workflows'
          ? nodeModules
          : room === 'curation'
            ? [...io, ...io.map((name) => `node:${name}`)]
            : []
        ).map((name) => ({ name, message: `${room}/ does no I/O.` })),
        patterns: rooms
          .filter((other) => other !== room && !may.includes(other))
          .map((other) => ({
            group: [`../${other}/*`, `../**/${other}/*`],
            message: `${room}/ may not import ${other}/.`,
          }))
          .concat(room === 'curation' ? [{ group: ['@temporalio/*'], message: 'The engine knows no Temporal.' }] : []),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'garner-out/', 'setup/', '.stryker-tmp/', '**/*.cjs'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: dirname(fileURLToPath(import.meta.url)) },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  { files: ['bench/**/*.ts', 'test/**/*.ts', 'cli/**/*.ts'], rules: { 'no-console': 'off' } },
  ...directions,
);
