/** npm run bench [-- NAME…]: measures what the names say (evaluate=ROWS takes that many rows), prints tables and writes .bench/<name>.json. Figures of one run compare; machines are noisy. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { benchEvaluate } from './evaluate.ts';
import { benchGuard } from './guard.ts';
import { benchPipeline } from './pipeline.ts';
import { benchRedaction } from './redaction.ts';
import { benchRules } from './rules.ts';
import { benchSelection } from './selection.ts';
import { benchTemporal, benchWorkers } from './temporal.ts';

type Rows = Record<string, number | string>[];

const BENCHES: Record<string, (size?: number) => Promise<Rows>> = {
  pipeline: benchPipeline,
  temporal: benchTemporal,
  workers: benchWorkers,
  redaction: benchRedaction,
  guard: benchGuard,
  selection: benchSelection,
  rules: benchRules,
  evaluate: benchEvaluate,
};

const wanted = process.argv.slice(2);
const nameOf = (argument: string): string => argument.split('=', 1)[0]!;
const unknown = wanted.map(nameOf).find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  console.error(`there is no bench ${unknown}: name ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
mkdirSync('.bench', { recursive: true });
for (const argument of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
  const name = nameOf(argument);
  console.log(`\n${name}`);
  const rows = await BENCHES[name]!(argument === name ? undefined : Number(argument.slice(name.length + 1)));
  for (const row of rows)
    console.log(
      '  ' +
        Object.values(row)
          .map((value, index) => String(value).padEnd(index === 0 ? 56 : 16))
          .join(''),
    );
  writeFileSync(`.bench/${name}.json`, JSON.stringify({ node: process.version, rows }, null, 2) + '\n');
}
process.exit(0);
