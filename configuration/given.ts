type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** The entries that have a value: an absent one stays absent instead of being undefined. */
export function given<T extends object>(entries: T): Given<T> {
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
