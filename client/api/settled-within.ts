/** Waits until all have settled, but not for long. @param ms milliseconds */
export async function settledWithin(ms: number, all: Iterable<Promise<unknown>>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  await Promise.race([
    Promise.allSettled(all),
    new Promise((resolve) => {
      late = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(late);
}
