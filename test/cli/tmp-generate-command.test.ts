import { Command } from 'commander';
import { expect, it } from 'vitest';
import { generateCommand } from '../../cli/generate.ts';
it('runs', async () => {
  const program = new Command().exitOverride(); generateCommand(program);
  await program.parseAsync(['node', 'g', 'generate', '--events', '1200', '--seed', '0', '--out', '/tmp/f_cmd', '--json']);
  await program.parseAsync(['node', 'g', 'generate', '--events', '1200', '--out', '/tmp/f_cmd']);
  await expect(program.parseAsync(['node', 'g', 'generate', '--now', 'x', '--out', '/tmp/f_cmd'])).rejects.toMatchObject({ code: 2 });
});
