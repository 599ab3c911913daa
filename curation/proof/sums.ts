/** SHA256SUMS files, in the form that `sha256sum --check` reads. */

export interface Sum {
  path: string;
  /** 64 lower-case hex digits. */
  sha256: string;
}

/** The lines `digest  path`, sorted by path. Paths with a line break or backslash are escaped as GNU coreutils does. */
export function formatSums(sums: Iterable<Sum>): string {
  const sorted = [...sums].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return sorted
    .map(({ path, sha256 }) => {
      const escaped = path.replace(/[\\\n\r]/g, (char) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r' })[char]!);
      return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
    })
    .join('');
}

/** Reads what `formatSums` or `sha256sum` wrote. Throws SyntaxError that names the line: bad form, or a path that stands twice. */
export function parseSums(text: string): Sum[] {
  const sums: Sum[] = [];
  const seen = new Set<string>();
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new SyntaxError('SHA256SUMS: the last line has no line feed: the file was cut.');
  lines.forEach((line, index) => {
    const [, escaped, sha256, written] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s.exec(line) ?? [];
    if (!sha256 || !written) throw new SyntaxError(`SHA256SUMS:${index + 1}: not of the form "digest  path".`);
    const path = escaped
      ? written.replace(/\\([\\nr])/g, (_, char: string) => ({ n: '\n', r: '\r' })[char] ?? '\\')
      : written;
    if (seen.has(path)) throw new SyntaxError(`SHA256SUMS:${index + 1}: the path stands twice.`);
    seen.add(path);
    sums.push({ path, sha256 });
  });
  return sums;
}
