#!/usr/bin/env node
/** The garner command: owns arguments, exit codes and the printing of errors. */
import { Command, CommanderError } from 'commander';
import { addCommands } from './commands.ts';
import { EXIT } from './exit.ts';

const program = new Command('garner')
  .description(
    'Turns the feedback events of code assistants into labelled training examples, and lets no private code through.',
  )
  .exitOverride()
  .showHelpAfterError('(garner --help lists the commands)');

// A reader that has seen enough (`| head`) ends the command, not with an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

try {
  await addCommands(program, process.argv[2]);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    const { explainFailure } = await import('./failure.ts');
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
