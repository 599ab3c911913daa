/** One self-contained HTML page: its frame, its style for wide and narrow, light and dark screens, and the escaping of all text in it. */

/** Text as HTML text or attribute value. Control characters, which HTML cannot hold, become U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`).replace(/[^\P{Cc}\n\t]|\p{Cs}/gu, '\uFFFD');
}

/** A part of the page with a heading; `body` is HTML. Wide ones take the whole row. */
export function section(title: string, body: string, options: { note?: string; wide?: boolean } = {}): string {
  const note = options.note ? `<p class="note">${escapeHtml(options.note)}</p>` : '';
  return `<section${options.wide ? ' class="wide"' : ''}><h2>${escapeHtml(title)}</h2>${note}${body}</section>`;
}

/** Characters of a cell that stay on one line on a narrow screen, where a table may be scrolled. */
const SHORT = 28;

/** A table; numbers stand right. All cells are text. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  format: (count: number) => string = String,
): string {
  const cell = (tag: 'td' | 'th', value: string | number): string =>
    typeof value === 'number'
      ? `<${tag} class="number">${escapeHtml(format(value))}</${tag}>`
      : `<${tag}${value.length <= SHORT ? ' class="short"' : ''}>${escapeHtml(value)}</${tag}>`;
  const first = rows[0] ?? [];
  const heads = head.map((name, at) => `<th scope="col"${typeof first[at] === 'number' ? ' class="number"' : ''}>${escapeHtml(name)}</th>`); // prettier-ignore
  const body = rows.map((row) => `<tr>${row.map((value) => cell('td', value)).join('')}</tr>`).join('');
  return `<div class="scroll"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Figures behind a plot, folded away: for screen readers and for those who want the exact numbers. */
export function figures(body: string): string {
  return `<details><summary>Figures</summary>${body}</details>`;
}

/** The whole page. `header` and `body` are HTML. Its content security policy lets it load and run nothing. */
export function page(title: string, header: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>${header}</header>
<main>${body}</main>
</body>
</html>
`;
}

// Teal and orange stay apart for all common kinds of colour blindness; every plot also names its series in words.
const STYLE = `
:root{--paper:#f7f7f5;--card:#fff;--ink:#1b1d1f;--muted:#60666c;--line:#e3e4e1;--positive:#0f7f78;--negative:#d0611c;--plain:#4a6fa5;
--s0:#0f7f78;--s1:#4a6fa5;--s2:#d0611c;--s3:#8a5fa8;--s4:#b8912b;--s5:#b0506b;--s6:#8b9299}
@media (prefers-color-scheme:dark){:root{--paper:#131517;--card:#1c1f22;--ink:#e8e9ea;--muted:#9ba2a9;--line:#30353a;--positive:#35b3a8;
--negative:#f0894a;--plain:#7ea3d8;--s0:#35b3a8;--s1:#7ea3d8;--s2:#f0894a;--s3:#b892d6;--s4:#d9b753;--s5:#dd8299;--s6:#7c848c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:36px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.02rem;margin:0 0 10px}
p{margin:0 0 10px}
.note,.lead,.empty{color:var(--muted)}
.note{font-size:.86rem;margin-top:-6px}
.lead{max-width:95ch;overflow-wrap:anywhere}
main{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px;padding-bottom:48px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;min-width:0}
.wide{grid-column:1/-1}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:22px 0 18px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.tile b{display:block;font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tile span{color:var(--muted);font-size:.86rem}
.bars{list-style:none;margin:0;padding:0;display:grid;gap:6px}
.bars li{display:grid;grid-template-columns:minmax(0,12rem) minmax(0,1fr) auto;gap:10px;align-items:center}
@media (min-width:761px){.wide .bars li{grid-template-columns:minmax(0,14rem) minmax(0,1fr) auto}}
.bars .count{min-width:3.6rem}.bars .count:has(small){min-width:7.2rem}
.bars .name{overflow-wrap:anywhere;line-height:1.3}
.bars .track{display:flex;height:14px;border-radius:3px;overflow:hidden;background:var(--line)}
.bars i{display:block;height:100%;min-width:1px}
.bars .count{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bars small{display:inline-block;min-width:3.6rem;color:var(--muted)}
.positive{background:var(--positive);fill:var(--positive)}
.negative{background:var(--negative);fill:var(--negative)}
.plain{background:var(--plain);fill:var(--plain)}
${[0, 1, 2, 3, 4, 5, 6].map((at) => `.s${at}{background:var(--s${at});fill:var(--s${at})}`).join('')}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:0 0 10px;padding:0;list-style:none;font-size:.86rem;color:var(--muted)}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
.plot{display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 8px;margin:14px 0 8px}
.ticks{position:relative;font-size:.74rem;color:var(--muted);font-variant-numeric:tabular-nums;text-align:right}
.ticks span{display:block;position:absolute;right:0;transform:translateY(-50%);white-space:nowrap}
.ticks b{visibility:hidden;font-weight:400;white-space:nowrap}
.plot svg{display:block;overflow:visible}
.plot text{font-size:11.5px;fill:var(--muted)}
.grid{stroke:var(--line);stroke-width:1}
.curve{fill:none;stroke:var(--positive);stroke-width:2.2;stroke-linejoin:round}
.band{fill:var(--positive);opacity:.18}
.axis{grid-column:2;text-align:center;font-size:.78rem;color:var(--muted);margin-top:2px}
details{margin-top:8px}
summary{cursor:pointer;color:var(--muted);font-size:.86rem}
.scroll{overflow-x:auto}
@media (max-width:760px){th,.short:not(:first-child){white-space:nowrap}td:first-child{min-width:7rem;overflow-wrap:anywhere}}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
th{color:var(--muted);font-weight:500}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font:.82rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 18px;margin:0}
dt{color:var(--muted)}
dd{margin:0}
@media (max-width:760px){main{grid-template-columns:minmax(0,1fr);gap:12px;padding:0 12px 32px}header{padding:24px 12px 0}
section{padding:14px}.bars li{grid-template-columns:minmax(0,1fr) auto;gap:2px 10px;margin-bottom:4px}
.bars .track{grid-column:1/-1;grid-row:2}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:6px}}
@media print{body{background:#fff}section{break-inside:avoid}}
`.trim();
