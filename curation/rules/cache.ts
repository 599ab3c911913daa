/** A map of bounded size that forgets what was not asked for lately. */

/**
 * Two generations: when the young one is full it becomes the old one and the former old one is dropped, and a hit in the old one
 * moves the entry to the young one. Keeps between `size` and 2 × `size` of the entries used last, at the cost of a plain Map.
 */
export class BoundedCache<K, V> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();
  private readonly size: number;

  /** `size`: entries a generation may hold, 1 or more. */
  constructor(size: number) {
    this.size = size;
  }

  get(key: K): V | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const kept = this.old.get(key);
    if (kept !== undefined) this.set(key, kept);
    return kept;
  }

  set(key: K, value: V): void {
    if (this.young.size >= this.size) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}
