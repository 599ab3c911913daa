/** A guard file, its key or its corpus cannot be used; the message names the file and says what to do. */
export class GuardFault extends Error {
  override readonly name = 'GuardFault';

  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
  }
}
