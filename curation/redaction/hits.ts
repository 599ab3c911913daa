/** What a scan has found so far, and how far each rule has got. */

/** What was found, by the number of its rule; offsets in UTF-16 units of the scanned text. */
export interface Hit {
  rule: number;
  start: number;
  end: number;
}

/** Findings of one scan, in no order; they may overlap. */
export class Hits {
  readonly list: Hit[] = [];
  /** For each rule the offset before which its keywords wake nothing. */
  readonly awakeFrom: number[];

  /** `rules` is how many rules there are. */
  constructor(rules: number) {
    // No typed array: most scans are of short texts, and its memory would cost more than the scan.
    this.awakeFrom = new Array<number>(rules).fill(0);
  }

  /** Takes a finding; the rule sleeps up to its end. */
  add(rule: number, start: number, end: number): void {
    this.list.push({ rule, start, end });
    this.awakeFrom[rule] = end;
  }

  /** Takes a finding that lies elsewhere than where the rule has got to. */
  addElsewhere(rule: number, start: number, end: number): void {
    this.list.push({ rule, start, end });
  }
}
