/** An event in canonical shape, not yet validated, that an adapter made from a record of another format. */

/**
 * Told apart from what a producer wrote by its class, which no JSON can forge: only here may a context piece be marked `unsourced`, and
 * only here may the user be absent (another record of the suggestion may name them).
 */
export class AdaptedCandidate {
  [field: string]: unknown;

  constructor(fields: Record<string, unknown>) {
    Object.assign(this, fields);
  }
}
