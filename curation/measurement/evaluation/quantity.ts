/** Values of a measure, and differences between them, as people read them: with their unit, said once. */
import { measureNamed } from './measures.ts';

/** `31.2%`, `210 ms`. */
export function quantity(measure: string, value: number): string {
  const unit = measureNamed(measure)?.unit;
  if (unit === '%') return percent(value);
  return `${Number(value.toPrecision(4))}${unit ? ` ${unit}` : ''}`;
}

/** An interval; "to", since a bound may be negative. */
export function quantities(measure: string, low: number, high: number): string {
  if (measureNamed(measure)?.unit === '%') return `${(low * 100).toFixed(1)} to ${percent(high)}`;
  return `${Number(low.toPrecision(4))} to ${quantity(measure, high)}`;
}

/** A difference of two values, with its sign: of shares in percentage points (`+1.4 pp`), which a percentage would be taken for a share of. */
export function change(measure: string, value: number): string {
  if (measureNamed(measure)?.unit === '%') return `${signed(value * 100, 1)} pp`;
  return `${value < 0 ? '' : '+'}${quantity(measure, value)}`;
}

/** An interval of a difference. */
export function changes(measure: string, low: number, high: number): string {
  if (measureNamed(measure)?.unit === '%') return `${signed(low * 100, 1)} to ${change(measure, high)}`;
  return `${low < 0 ? '' : '+'}${Number(low.toPrecision(4))} to ${change(measure, high)}`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : value < 0 ? text : `+${text}`;
}
