/** Into how many parts the ledger is cut, so that several workers settle it: neighbouring sources in the order of its rows. */
import type { Plan, PlannedSource } from './pinned.ts';

/** Plain bytes of events that a part should be of. */
const PART_BYTES = 128 << 20;
/** Each part reads a piece of every bucket. */
const MAX_PARTS = 16;
/** Guess of how much a compressed source grows; only the numbers of buckets and parts depend on it. */
const EXPANSION = 6;

export function plainBytesOf({ size, compressed }: Pick<PlannedSource, 'size' | 'compressed'>): number {
  return size * (compressed ? EXPANSION : 1);
}

/** Sources as the ledger has them: by the bytes of their names. */
export function inNameOrder<T extends { name: string }>(sources: readonly T[]): T[] {
  return sources
    .map((source) => ({ source, bytes: Buffer.from(source.name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ source }) => source);
}

/** The part of each source. Sources of one name share one. */
export function ledgerPartsOf(sources: readonly Pick<PlannedSource, 'name' | 'size' | 'compressed'>[]): number[] {
  const bytes = sources.reduce((sum, source) => sum + plainBytesOf(source), 0);
  const room = Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS));
  const parts = new Map<string, number>();
  let before = 0;
  for (const source of inNameOrder(sources)) {
    if (!parts.has(source.name)) parts.set(source.name, Math.min(MAX_PARTS - 1, Math.floor(before / room)));
    before += plainBytesOf(source);
  }
  // A source that is larger than a part leaves numbers without sources: they are not counted.
  const used = [...new Set(parts.values())].sort((a, b) => a - b);
  return sources.map(({ name }) => used.indexOf(parts.get(name)!));
}

export function ledgerPartCount({ ledgerParts }: Pick<Plan, 'ledgerParts'>): number {
  return ledgerParts.reduce((most, part) => Math.max(most, part), 0) + 1;
}

/** The part that a row of a source stands in. */
export function ledgerPartOf({
  sources,
  ledgerParts,
}: Pick<Plan, 'sources' | 'ledgerParts'>): (name: string) => number {
  const parts = new Map(sources.map(({ name }, index) => [name, ledgerParts[index]!]));
  return (name) => parts.get(name)!;
}
