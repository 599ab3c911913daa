/** garner abuse: finds signals of abuse, and keeps what reviewers said of them. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { readReview, updateReview } from '../../activities/measure/review.ts';
import {
  confirmedOf,
  withDecision,
  type Case,
  type Decided,
  type Standing,
} from '../../curation/measurement/abuse/review.ts';
import { openAudit } from '../../storage/audit.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { join } from 'node:path';
import { CommandError, EXIT } from '../exit.ts';
import { measure, measureOptions, printMeasured, type MeasureOptions } from './measurement.ts';
import { jsonOption, keysOption } from '../options.ts';

export function abuseCommand(program: Command): void {
  const abuse = program.command('abuse').description('signals of abuse, and a queue for people who review them');
  measureOptions(abuse, 'abuse-investigation').action(async (options: MeasureOptions) =>
    printMeasured(await measure('abuse-investigation', options), options),
  );
  // Options that the parent knows too are read from both.
  const shared = (command: Command) => command.addOption(keysOption()).addOption(jsonOption());
  shared(abuse.command('list').description('cases by standing and score'))
    .option('--standing <standing>', 'open, confirmed or dismissed')
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<{ keys?: string; json?: boolean; standing?: Standing }>();
      const { cases } = await readReview(await openKeystore(options.keys));
      const list = Object.values(cases)
        .filter(({ standing }) => options.standing === undefined || standing === options.standing)
        .sort((a, b) => b.score - a.score || (a.user < b.user ? -1 : 1));
      if (options.json) process.stdout.write(list.map((one) => JSON.stringify(one) + '\n').join(''));
      else process.stdout.write(list.length === 0 ? 'no cases\n' : list.map(lineOf).join(''));
    });
  shared(abuse.command('show <pseudonym>').description('a case with its evidence'))
    .action(async (pseudonym: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<{ keys?: string; json?: boolean }>();
      const found = caseOf((await readReview(await openKeystore(options.keys))).cases, pseudonym);
      process.stdout.write(options.json ? JSON.stringify(found) + '\n' : lineOf(found) + evidenceOf(found));
    }); // prettier-ignore
  for (const [name, standing, what] of [
    ['confirm', 'confirmed', 'confirm a case: from the next run on that user is kept from training'],
    ['dismiss', 'dismissed', 'dismiss a case: it stays dismissed, whatever signals come'],
  ] as const)
    shared(abuse.command(`${name} <pseudonym>`).description(what))
      .option('--by <name>', 'who decides')
      .requiredOption('--why <text>', 'for what reason')
      .action(async (pseudonym: string, _options: object, command: Command) => {
        const options = command.optsWithGlobals<{ keys?: string; json?: boolean; by?: string; why: string }>();
        if (!options.by) throw new CommandError(EXIT.usage, 'say who decides: --by NAME');
        const decided = { standing, by: options.by, why: options.why, at: new Date().toISOString() };
        const found = await decide(await openKeystore(options.keys), pseudonym, decided);
        process.stdout.write(options.json ? JSON.stringify(found) + '\n' : lineOf(found));
      });
}

async function decide(keystore: Keystore, pseudonym: string, decided: Decided): Promise<Case> {
  let user = '';
  const review = await updateReview(keystore, (known) => {
    user = caseOf(known.cases, pseudonym).user;
    return withDecision(known, user, decided)!;
  });
  const log = await openAudit(join(keystore.folder, 'audit'), keystore.signing());
  const action = `abuse.${decided.standing}`;
  const details = { why: decided.why, confirmed: confirmedOf(review).length, account: userInfo().username };
  await log.append({ time: decided.at, actor: decided.by, action, subject: `abuse/${user}`, details });
  return review.cases[user]!;
}

/** A case by its pseudonym or the first characters of it, as long as only one has them. */
function caseOf(cases: Record<string, Case>, pseudonym: string): Case {
  const found = Object.values(cases).filter(({ user }) => pseudonym.length >= 6 && user.startsWith(pseudonym));
  if (found.length === 1) return found[0]!;
  const problem = found.length === 0 ? 'no case has that pseudonym' : 'several cases begin so: give more of it';
  throw new CommandError(EXIT.usage, `${problem} (garner abuse list names them)`);
}

function lineOf({ user, score, standing, signals }: Case): string {
  return `${user}  ${standing.padEnd(9)}  ${score.toFixed(1).padStart(5)}  ${signals.map(({ signal }) => signal).join(', ')}\n`;
}

function evidenceOf({ signals, history, run }: Case): string {
  const day = (time: number) => new Date(time).toISOString().slice(0, 16);
  const evidence = signals.map(
    ({ signal, value, threshold, count, from, to }) =>
      `  ${signal.padEnd(11)} ${Number(value.toPrecision(4))} (threshold ${threshold}), of ${count}, ${day(from)} to ${day(to)}\n`,
  );
  const said = history.map(({ standing, by, why, at }) => `  ${at} ${standing} by ${by}: ${why}\n`);
  return [`  found by ${run}\n`, ...evidence, ...said].join('');
}
