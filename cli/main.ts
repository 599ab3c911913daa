#!/usr/bin/env node
/** The garner command: owns arguments, exit codes and the printing of errors. */
import { Command, CommanderError } from 'commander';
import { abuseCommand } from './abuse.ts';
import { accessCommand } from './access.ts';
import { aggregateCommand } from './aggregate.ts';
import { assessCommand } from './assess.ts';
import { auditCommand } from './audit.ts';
import { auditOverlapCommand } from './audit-overlap.ts';
import { decontaminateCommand } from './decontaminate.ts';
import { eraseCommand } from './erase.ts';
import { evaluateCommand } from './evaluate.ts';
import { codecServerCommand } from './codec-server.ts';
import { EXIT, explainFailure } from './exit.ts';
import { explainCommand } from './explain.ts';
import { fingerprintCommand } from './fingerprint.ts';
import { generateCommand } from './generate.ts';
import { ledgerCommand } from './ledger.ts';
import { openCommand } from './open.ts';
import { policyCommand } from './policy.ts';
import { recheckCommand } from './recheck.ts';
import { redactCommand } from './redact.ts';
import { runCommand } from './run.ts';
import { runsCommands } from './runs.ts';
import { scheduleCommands } from './schedule.ts';
import { uiCommand } from './ui.ts';
import { verifyCommand } from './verify.ts';
import { workerCommand } from './worker.ts';

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
    decontaminateCommand,
    recheckCommand,
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
