#!/usr/bin/env node
/** The garner command: owns arguments, exit codes and the printing of errors. */
import { Command, CommanderError } from 'commander';
import { abuseCommand } from './measure/abuse.ts';
import { accessCommand } from './datasets/access.ts';
import { aggregateCommand } from './measure/aggregate.ts';
import { assessCommand } from './measure/assess.ts';
import { auditCommand } from './datasets/audit.ts';
import { auditOverlapCommand } from './guard/audit-overlap.ts';
import { decontaminateCommand } from './guard/decontaminate.ts';
import { eraseCommand } from './upkeep/erase.ts';
import { evaluateCommand } from './measure/evaluate.ts';
import { codecServerCommand } from './servers/codec-server.ts';
import { EXIT, explainFailure } from './exit.ts';
import { explainCommand } from './records/explain.ts';
import { fingerprintCommand } from './guard/fingerprint.ts';
import { generateCommand } from './generate.ts';
import { ledgerCommand } from './records/ledger.ts';
import { keysCommand } from './keys.ts';
import { openCommand } from './datasets/open.ts';
import { policyCommand } from './policy.ts';
import { recheckCommand } from './upkeep/recheck.ts';
import { redactCommand } from './redact.ts';
import { retentionCommand } from './upkeep/retention.ts';
import { runCommand } from './runs/run.ts';
import { runsCommands } from './runs/runs.ts';
import { scheduleCommands } from './runs/schedule.ts';
import { selectCommand } from './records/select.ts';
import { uiCommand } from './servers/ui.ts';
import { verifyCommand } from './datasets/verify.ts';
import { workerCommand } from './servers/worker.ts';

const program = new Command('garner')
  .description(
    'Turns the feedback events of code assistants into labelled training examples, and lets no private code through.',
  )
  .exitOverride()
  .showHelpAfterError('(garner --help lists the commands)');

for (const add of [
  ...[
    runCommand,
    workerCommand,
    runsCommands,
    ledgerCommand,
    explainCommand,
    policyCommand,
    verifyCommand,
    openCommand,
  ],
  ...[
    scheduleCommands,
    codecServerCommand,
    accessCommand,
    auditCommand,
    eraseCommand,
    keysCommand,
    decontaminateCommand,
    recheckCommand,
    retentionCommand,
    selectCommand,
  ],
  ...[fingerprintCommand, auditOverlapCommand],
  ...[evaluateCommand, assessCommand, abuseCommand, aggregateCommand],
  ...[redactCommand, generateCommand, uiCommand],
])
  add(program);

// A reader that has seen enough (`| head`) ends the command, not with an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    const { code, message } = explainFailure(error);
    process.stderr.write(`garner: ${printable(message)}\n`);
    process.exitCode = code;
  }
}
// What a library keeps open must not keep a finished command waiting.
setTimeout(() => process.exit(), 3_000).unref();

/** Messages may quote names of files: control characters in them do not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
