/** Finds what hangs together: union-find over the integers 0 to n − 1, four bytes each; n is at most 2^31 − 1. */

export class Components {
  private readonly parents: Int32Array;

  constructor(size: number) {
    this.parents = new Int32Array(size);
    for (let i = 0; i < size; i++) this.parents[i] = i;
  }

  /** The least member of the component of `member`, whatever the order of joining. */
  root(member: number): number {
    const parents = this.parents;
    let at = member;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]!]!;
    return at;
  }

  /** The lower root stays, so that every root is the least member. */
  join(a: number, b: number): void {
    const [low, high] = [this.root(a), this.root(b)];
    if (low < high) this.parents[high] = low;
    else this.parents[low] = high;
  }

  /** Members that are not their own root, and their roots, ascending by member. */
  joined(): { members: Int32Array; roots: Int32Array } {
    let count = 0;
    for (let i = 0; i < this.parents.length; i++) if (this.parents[i] !== i) count++;
    const members = new Int32Array(count);
    const roots = new Int32Array(count);
    for (let i = 0, at = 0; i < this.parents.length; i++) {
      if (this.parents[i] === i) continue;
      members[at] = i;
      roots[at++] = this.root(i);
    }
    return { members, roots };
  }
}
