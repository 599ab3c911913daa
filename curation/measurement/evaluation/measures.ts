/** What is measured: each figure as a ratio of sums over suggestions, and the rows that stand behind it. */
import { HORIZONS, type CountField } from '../rows/field.ts';

export interface Measure {
  name: string;
  title: string;
  numerator: CountField;
  denominator: CountField;
  /** Those with a row where this is above 0 stand behind the figure: of them there must be enough. */
  base: Base;
  /** `share`: of units, 0 to 1. `ratio`: of other sums; times `scale`. */
  kind: 'share' | 'ratio';
  scale: number;
  unit: '%' | 'characters' | 'ms' | '';
}

export const BASES = [
  ...(['shown', 'read', 'accepted', 'latencies', 'placed', 'checked'] as const),
  ...HORIZONS.map((h) => `observed${h}` as const),
] as const;
export type Base = (typeof BASES)[number];

/** Its bit in numbers that say which bases something has. */
export const bitOf = (base: Base): number => 1 << BASES.indexOf(base);

const share = (name: string, title: string, numerator: CountField, denominator: CountField & Base): Measure => ({
  ...{ name, title, numerator, denominator, base: denominator, kind: 'share', scale: 1, unit: '%' },
});

/** Characters kept of those accepted is told at the horizons of both clients that report it. */
const KEPT_AT = [30, 120, 300, 600] as const;

export const MEASURES: readonly Measure[] = [
  share('acceptance_rate', 'Acceptance rate, of read impressions', 'accepted', 'read'),
  share('acceptance_rate_shown', 'Acceptance rate, of all impressions', 'accepted', 'shown'),
  share('rejection_rate', 'Explicit rejections, of read impressions', 'rejected', 'read'),
  share('cancelled_rate', 'Cancelled, of all impressions', 'cancelled', 'shown'),
  ...HORIZONS.map((h) => share(`retained_${h}`, `Retained after ${h} s, of accepts seen then`, `retained${h}`, `observed${h}`)), // prettier-ignore
  ...KEPT_AT.map((h): Measure => ({
    ...{ name: `retained_characters_${h}`, title: `Accepted and retained characters after ${h} s, of those accepted` },
    ...{ numerator: `keptMilli${h}`, denominator: `observedChars${h}`, base: `observed${h}` },
    ...{ kind: 'ratio', scale: 0.001, unit: '%' },
  })),
  {
    ...{ name: 'accepted_characters_per_impression', title: 'Accepted characters an impression' },
    ...{ numerator: 'acceptedChars', denominator: 'shown', base: 'shown', kind: 'ratio', scale: 1, unit: 'characters' },
  },
  {
    ...{ name: 'model_written_share', title: 'Share of the code at suggestions’ places written by the model' },
    ...{ numerator: 'modelChars', denominator: 'placeChars', base: 'placed', kind: 'ratio', scale: 1, unit: '%' },
  },
  {
    ...{ name: 'latency_mean', title: 'Mean latency' },
    ...{ numerator: 'latencyMs', denominator: 'latencies', base: 'latencies', kind: 'ratio', scale: 1, unit: 'ms' },
  },
];

export const measureNamed = (name: string): Measure | undefined => MEASURES.find((measure) => measure.name === name);

/** Figures whose interval is drawn by the bootstrap over users. */
export const HEADLINES: readonly string[] = [
  ...['acceptance_rate', 'acceptance_rate_shown', 'retained_characters_30', 'retained_characters_120'],
  ...['retained_characters_300', 'retained_characters_600', 'accepted_characters_per_impression'],
  'model_written_share',
];

/** Sums that are told as they are, with the rows behind them. */
export const TOTALS: readonly { name: string; field: CountField; base: Base }[] = [
  { name: 'impressions', field: 'shown', base: 'shown' },
  { name: 'read_impressions', field: 'read', base: 'read' },
  { name: 'accepts', field: 'accepted', base: 'accepted' },
  { name: 'suggested_characters', field: 'suggestedChars', base: 'shown' },
  { name: 'accepted_characters', field: 'acceptedChars', base: 'accepted' },
  { name: 'suggested_lines', field: 'suggestedLines', base: 'shown' },
  { name: 'accepted_lines', field: 'acceptedLines', base: 'accepted' },
];
