/** A stream that cannot be used, and the bound that keeps a small one from becoming a large one. */
import type { Reason } from '../../curation/verdict.ts';

/** Ends the whole source: nothing of it may be used. The message holds no content. */
export class StreamFault extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.name = 'StreamFault';
    this.reason = reason;
  }
}

export interface ExpansionLimits {
  /** Plain bytes for each compressed byte. */
  ratio: number;
  /** Plain bytes up to which no ratio is refused. */
  ratioFloorBytes: number;
}

/** The contract's bounds: over 200:1 after 16 MiB. */
export const EXPANSION: ExpansionLimits = { ratio: 200, ratioFloorBytes: 16 << 20 };

/**
 * Counts what went in and what came out. A decoder is handed one block at a time and drained before the next, so that the same file is
 * refused at the same place however it was read.
 */
export class Expansion {
  readonly #limits: ExpansionLimits;
  #compressed = 0;
  #plain = 0;

  constructor(limits: ExpansionLimits) {
    this.#limits = limits;
  }

  took(bytes: number): void {
    this.#compressed += bytes;
  }

  gave(bytes: number): void {
    this.#plain += bytes;
    const { ratio, ratioFloorBytes } = this.#limits;
    if (this.#plain > ratioFloorBytes && this.#plain > ratio * this.#compressed) {
      throw new StreamFault('expansion_ratio', `expands over ${ratio}:1 after ${ratioFloorBytes} bytes`);
    }
  }
}
