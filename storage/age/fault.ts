/** How a sealed file fails to open. */

export type SealFaultKind = 'no_identity' | 'damaged' | 'truncated';

/** `no_identity`: sealed to others. `damaged`: not what was sealed. `truncated`: its end is missing. Holds no byte of the file. */
export class SealFault extends Error {
  override readonly name = 'SealFault';
  readonly kind: SealFaultKind;

  constructor(kind: SealFaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
