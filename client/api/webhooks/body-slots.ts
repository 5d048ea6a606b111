/** Keeps bodies that come from anybody from filling the memory: so many are received at a time. */
export interface BodySlots {
  /** @returns false where there is no room for this one's body now */
  take(request: object): boolean;
  /** Its body is there, or does not come any more. May be repeated. */
  giveBack(request: object): void;
}

export function createBodySlots(most: number): BodySlots {
  const taken = new Set<object>();
  return {
    take(request) {
      if (taken.size >= most) return false;
      taken.add(request);
      return true;
    },
    giveBack(request) {
      taken.delete(request);
    },
  };
}
