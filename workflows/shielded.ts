import { CancellationScope } from '@temporalio/workflow';

/** Work that a cancellation does not reach. */
export const shielded = <T>(work: () => Promise<T>): Promise<T> =>
  CancellationScope.nonCancellable(work);

/** Throws where the run was cancelled: a write in flight does not see that, and what is shielded after it would not. */
export async function throwIfCancelled(): Promise<void> {
  const scope = CancellationScope.current();
  if (scope.consideredCancelled) await scope.cancelRequested;
}
