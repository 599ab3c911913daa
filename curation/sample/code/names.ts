/** Names for invented code and repositories, composed of words. */
import type { Random } from '../random.ts';

/**
 * Stands in the names of invented private code and nowhere else, so that a leak of it can be searched for:
 * text of a dataset made of a sample must not hold this word.
 */
export const PRIVATE_MARK = 'umbravault';

const VERBS =
  'settle reconcile collect balance merge split rank score sample filter group index track route assign allocate schedule measure convert normalize project estimate detect resolve compare trim expand replay archive restore audit verify inspect compile render encode decode publish dispatch enqueue drain refresh rotate shard join trace label prune expire forward batch flatten';
const QUALITIES =
  'pending active stale open closed nested outer inner local remote partial final early late hidden visible narrow broad steady sparse dense raw clean signed drafted queued parked idle busy leading trailing upper lower prior fresh spare median weekly monthly';
const THINGS =
  'invoice ledger cargo parcel route sensor reading orbit harbor ticket seat cabin garden orchard recipe basket shelf crate pallet beacon signal channel packet frame buffer window panel column margin border anchor token cursor segment bucket shard vector matrix tensor cluster branch forest river bridge tunnel station platform carriage voyage season harvest quota budget refund voucher tariff permit roster shift crew squad league match round bracket trophy melody chord tempo verse chapter margin footnote glossary census ballot parish county region zone sector grid tile marker compass';

const verbs = VERBS.split(' ');
const qualities = QUALITIES.split(' ');
const things = THINGS.split(' ');

/** The words of a value's name: three, and the mark in private code now and then. */
export function valueWords(random: Random, isPrivate: boolean): string[] {
  const words = [random.pick(qualities), random.pick(things), random.pick(things)];
  return isPrivate && random.chance(0.5) ? [PRIVATE_MARK, words[1]!, words[2]!] : words;
}

/** The words of a function's name: a verb and two nouns; always marked in private code. */
export function functionWords(random: Random, isPrivate: boolean): string[] {
  const last = isPrivate ? PRIVATE_MARK : random.pick(things);
  return [random.pick(verbs), random.pick(things), last];
}

export function fileWords(random: Random): string[] {
  return [random.pick(things), random.pick(verbs)];
}

/** A short name such as `harbor-ledger`. */
export function repositoryName(random: Random): string {
  return `${random.pick(things)}-${random.pick(things)}`;
}

export function camel(words: readonly string[]): string {
  return words.map((word, index) => (index === 0 ? word : capital(word))).join('');
}

export function pascal(words: readonly string[]): string {
  return words.map(capital).join('');
}

export function snake(words: readonly string[]): string {
  return words.join('_');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
