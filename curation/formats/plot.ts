/**
 * Plots as HTML and inline SVG, without script. Places along x are percentages and places along y pixels, so that a plot fills any width
 * while its text keeps its size; only curves are stretched.
 */
import { formatCount, formatShare } from './facts.ts';
import { escapeHtml } from './page.ts';

/** Classes of the style that give a colour. */
export type Colour = 'positive' | 'negative' | 'plain' | 's0' | 's1' | 's2' | 's3' | 's4' | 's5' | 's6';

export interface Series {
  name: string;
  colour: Colour;
  values: readonly number[];
}

const HEIGHT = 170;
const LABEL_SPACE = 22;
const MAX_LABELS = 7;
/** Characters of labels that fit side by side on the narrowest screen, the gaps between them left out. */
const LABEL_ROOM = 30;

export function legend(series: readonly Pick<Series, 'name' | 'colour'>[]): string {
  const items = series.map(({ name, colour }) => `<li><i class="${colour}"></i>${escapeHtml(name)}</li>`);
  return `<ul class="legend">${items.join('')}</ul>`;
}

/** Named bars beside each other, each of one or more stacked parts; widths relative to `full` (the largest row by default). */
export function bars(
  rows: readonly { name: string; parts: readonly { count: number; colour: Colour; name?: string }[] }[],
  options: { full?: number; whole?: number } = {},
): string {
  const total = (row: (typeof rows)[number]): number => row.parts.reduce((sum, { count }) => sum + count, 0);
  const full = options.full ?? Math.max(0, ...rows.map(total));
  const items = rows.map((row) => {
    const parts = row.parts
      .filter(({ count }) => count > 0)
      .map(({ count, colour, name }) => {
        const title = `${name ? `${name}: ` : ''}${formatCount(count)}`;
        return `<i class="${colour}" style="width:${percent(count, full)}" title="${escapeHtml(title)}"></i>`;
      });
    const share =
      options.whole === undefined ? '' : ` <small>${escapeHtml(formatShare(total(row), options.whole))}</small>`;
    return (
      `<li><span class="name">${escapeHtml(row.name)}</span><span class="track">${parts.join('')}</span>` +
      `<span class="count">${formatCount(total(row))}${share}</span></li>`
    );
  });
  return `<ol class="bars">${items.join('')}</ol>`;
}

/** Stacked columns, one for each label. `describe` says in words what is plotted. */
export function columns(labels: readonly string[], series: readonly Series[], axis: string, describe: string): string {
  const totals = labels.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const ticks = ticksUpTo(Math.max(1, ...totals));
  const top = ticks.at(-1)!;
  const slot = 100 / labels.length;
  const rects = labels.map((label, at) => {
    let floor = HEIGHT;
    const parts = series.map(({ name, colour, values }) => {
      const value = values[at] ?? 0;
      const height = (value / top) * HEIGHT;
      floor -= height;
      if (value === 0) return '';
      const title = escapeHtml(`${label} · ${name}: ${formatCount(value)}`);
      return `<rect class="${colour}" x="${number((at + 0.08) * slot)}%" y="${number(floor)}" width="${number(0.84 * slot)}%" height="${number(height)}"><title>${title}</title></rect>`;
    });
    return parts.join('');
  });
  const widest = Math.max(1, ...labels.map(({ length }) => length));
  const every = Math.ceil(labels.length / Math.max(1, Math.min(MAX_LABELS, Math.floor(LABEL_ROOM / widest))));
  const names = labels.map((label, at) => (at % every === 0 ? xLabel((at + 0.5) * slot, label) : ''));
  return frame(ticks.map((value) => ({ at: value / top, text: formatCount(value) })), rects.join('') + names.join(''), axis, describe); // prettier-ignore
}

export interface CurvePoint {
  x: number;
  label: string;
  /** Shares of 0 to 1. */
  y: number;
  low?: number;
  high?: number;
}

/** A curve of shares over a logarithmic x axis (x > 0), with a band where all points have bounds. */
export function curve(points: readonly CurvePoint[], axis: string, describe: string): string {
  const first = Math.log(points[0]?.x ?? 1);
  const span = Math.log(points.at(-1)?.x ?? 1) - first || 1;
  // Room at both ends, for the labels of the outermost points.
  const place = ({ x }: CurvePoint): number => (points.length === 1 ? 50 : 6 + ((Math.log(x) - first) / span) * 88);
  const height = (share: number): number => (1 - Math.min(1, Math.max(0, share))) * HEIGHT;
  const path = (list: readonly (readonly [number, number])[]): string =>
    list.map(([x, y]) => `${number(x)},${number(y)}`).join(' ');
  const hasBand = points.length > 1 && points.every(({ low, high }) => low !== undefined && high !== undefined);
  const upper = points.map((point) => [place(point), height(point.high ?? point.y)] as const);
  const lower = points.map((point) => [place(point), height(point.low ?? point.y)] as const).reverse();
  const band = hasBand ? `<polygon class="band" points="${path([...upper, ...lower])}"/>` : '';
  const line = `<polyline class="curve" vector-effect="non-scaling-stroke" points="${path(points.map((point) => [place(point), height(point.y)] as const))}"/>`;
  const marks = points.map((point) => {
    const title = escapeHtml(`${point.label}: ${formatShare(point.y, 1)}`);
    return (
      `<circle class="positive" cx="${number(place(point))}%" cy="${number(height(point.y))}" r="3.5"><title>${title}</title></circle>` +
      xLabel(place(point), point.label) +
      `<text x="${number(place(point))}%" y="${number(height(point.y) + (point.y > 0.9 ? 18 : -9))}" text-anchor="middle">${escapeHtml(formatShare(point.y, 1))}</text>`
    );
  });
  const stretched = `<svg viewBox="0 0 100 ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none">${band}${line}</svg>`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => ({ at: share, text: `${share * 100}%` }));
  return frame(ticks, stretched + marks.join(''), axis, describe);
}

function frame(ticks: readonly { at: number; text: string }[], body: string, axis: string, describe: string): string {
  const y = (at: number): string => number((1 - at) * HEIGHT);
  const grid = ticks.map(({ at }) => `<line class="grid" x1="0" x2="100%" y1="${y(at)}" y2="${y(at)}"/>`).join('');
  const labels = ticks.map(({ at, text }) => `<span style="top:${y(at)}px">${escapeHtml(text)}</span>`).join('');
  // The widest label, unseen, gives the column its width.
  const widest = ticks.reduce((widest, { text }) => (text.length > widest.length ? text : widest), '');
  return (
    `<div class="plot"><div class="ticks" aria-hidden="true"><b>${escapeHtml(widest)}</b>${labels}</div>` +
    `<svg role="img" aria-label="${escapeHtml(describe)}" width="100%" height="${HEIGHT + LABEL_SPACE}">${grid}${body}</svg>` +
    `<div class="axis">${escapeHtml(axis)}</div></div>`
  );
}

function xLabel(x: number, label: string): string {
  return `<text x="${number(x)}%" y="${HEIGHT + 16}" text-anchor="middle">${escapeHtml(label)}</text>`;
}

/** Three to five round ticks from 0 to at least `max`. */
function ticksUpTo(max: number): number[] {
  const power = 10 ** Math.floor(Math.log10(max));
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5].map((unit) => unit * power).find((unit) => unit >= 1 && Number.isInteger(unit) && max / unit <= 4) ?? Math.max(1, power * 5); // prettier-ignore
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, at) => at * step);
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : number((part / whole) * 100)}%`;
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}
