/** Something happened that must never happen. */
export class Violation extends Error {
  override readonly name = 'Violation';

  /** @param invariant its short name, such as `I1` */
  constructor(
    readonly invariant: string,
    what: string,
  ) {
    super(`${invariant}: ${what}`);
  }
}
