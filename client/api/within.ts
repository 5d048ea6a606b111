/** Waits for a promise, but not for long. @returns whether it has come true in time */
export async function withinMs(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), enough]);
  } finally {
    clearTimeout(timer);
  }
}
