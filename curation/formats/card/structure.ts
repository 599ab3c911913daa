/** The card's section on files and columns. */
import type { FormatName } from '../example.ts';
import {
  columnsOf,
  formatBytes,
  formatCount,
  formatNames,
  splitsOf,
  sumOf,
  untold,
  type DatasetFacts,
} from '../facts.ts';

export function structure(facts: DatasetFacts): string {
  const rows = formatNames(facts).flatMap((format) =>
    splitsOf(facts, format).map(
      ({ name, files }) =>
        `| ${format} | ${name} | ${formatCount(sumOf(files, 'examples'))} | ${formatCount(files.length)} | ${formatBytes(sumOf(files, 'bytes'))} |`,
    ),
  );
  const first = formatNames(facts)[0] ?? 'kto';
  const columns = formatNames(facts).map((format) => columnTable(facts, format)).join('\n\n'); // prettier-ignore
  return `## Structure

| format | split | examples | files | bytes |
|---|---|--:|--:|--:|
${rows.join('\n')}

\`\`\`python
from datasets import load_dataset
data = load_dataset("path/to/this/folder", "${first}")
\`\`\`

Where files end in \`.age\`, decrypt them first: \`garner open DATASET --identity FILE --out FOLDER\`. Names and sizes here are those of the
decrypted files. Repositories, their forks and near-duplicates stay within one split.${untold(facts)}

${columns}`;
}

function columnTable(facts: DatasetFacts, format: FormatName): string {
  const rows = columnsOf(facts, format).map(({ name, type, description }) => `| ${name} | ${type.startsWith('STRUCT') ? 'messages' : type.toLowerCase()} | ${description} |`); // prettier-ignore
  const upload =
    format === 'openai'
      ? '\n\nFor an upload that takes the three message fields alone: `jq -c "{input, preferred_output, non_preferred_output}"`.'
      : '';
  return `### ${format}\n\n| column | type | |\n|---|---|---|\n${rows.join('\n')}${upload}`;
}
