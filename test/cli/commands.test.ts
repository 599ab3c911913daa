import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands, MODULES } from '../../cli/commands.ts';

const namesOf = (program: Command) => program.commands.map((command) => command.name());

describe('a command', () => {
  it('is found under the name that its module gives it', async () => {
    for (const { names, load } of MODULES) {
      const program = new Command();
      (await load())(program);
      expect(namesOf(program)).toEqual(names);
    }
  });

  it('is loaded alone when it is asked for, and with all others when no command is', async () => {
    for (const [asked, names] of [
      ['keys', ['keys']],
      ['nightly', ['schedule', 'nightly']],
      ['kyes', MODULES.flatMap((module) => module.names)],
      [undefined, MODULES.flatMap((module) => module.names)],
    ] as const) {
      const program = new Command();
      await addCommands(program, asked);
      expect(namesOf(program)).toEqual(names);
    }
  });
});
