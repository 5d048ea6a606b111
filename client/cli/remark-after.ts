/**
 * Do `work`, and speak up once when it takes longer than `ms`.
 *
 * @param remark not called once the work has settled
 */
export async function remarkAfter<T>(
  ms: number,
  remark: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(remark, ms);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
