/** garner redact: JSON lines with text in, redacted text and findings out. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import type { Command } from 'commander';
import { loadBuiltinRules, loadGitleaks } from '../../config/redaction.ts';
import { createRedactor } from '../../curation/redaction/redactor.ts';
import type { JudgedText } from '../../curation/text.ts';
import { CommandError, EXIT } from '../exit.ts';

export function redactCommand(program: Command): void {
  program
    .command('redact')
    .description('replace secrets and personal data in the text of JSON lines')
    .requiredOption('--input <file>', 'JSON lines {"text": …}; - reads standard input')
    .option('--gitleaks <file>', 'a gitleaks.toml whose rules run beside the built-in ones')
    .option('--json', 'accepted for uniformity: the output is always JSON lines')
    .action(async (options: { input: string; gitleaks?: string }) => {
      const rules = loadBuiltinRules();
      if (options.gitleaks) {
        const { rules: named, byPath } = loadGitleaks(options.gitleaks);
        rules.push(...named);
        for (const id of byPath)
          process.stderr.write(`${options.gitleaks}: rule ${id} looks at paths alone: not used\n`);
      }
      const redactor = createRedactor(rules);
      const stream = options.input === '-' ? process.stdin : createReadStream(options.input);
      stream.on('error', () => undefined);
      let line = 0;
      try {
        for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
          line++;
          if (text.trim() === '') continue;
          const result = redactor.redactText(textOf(text, options.input, line));
          const findings = result.findings.map(({ rule, start, end }) => ({ rule, start, end }));
          if (!process.stdout.write(JSON.stringify({ text: result.text, findings }) + '\n'))
            await once(process.stdout, 'drain');
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code?.startsWith('E'))
          throw new CommandError(EXIT.usage, `${options.input}: cannot be read`);
        throw error;
      }
    });
}

function textOf(line: string, file: string, number: number): JudgedText {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new CommandError(EXIT.usage, `${file}:${number}: is not JSON: give one {"text": …} a line`);
  }
  const text = (value as { text?: unknown } | null)?.text;
  if (typeof text !== 'string') throw new CommandError(EXIT.usage, `${file}:${number} text: must be a string`);
  return text as JudgedText;
}
