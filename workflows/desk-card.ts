import type { DeskCard, OnboardingProgress } from './messages.js';

/** What lists of waiting numbers show of a run. Pure. */
export function deskCardOf({
  number,
  waiting,
  code,
  claim,
  problem,
}: OnboardingProgress): DeskCard {
  return {
    ...number,
    ...(waiting === undefined ? {} : { waiting: without('reminder', waiting) }),
    ...(code === undefined ? {} : { code: without('submissions', code) }),
    ...(claim === undefined ? {} : { claim }),
    ...(problem === undefined
      ? {}
      : {
          problem: {
            text: problem.text,
            ...(problem.code === undefined ? {} : { code: problem.code }),
          },
        }),
  };
}

function without<T extends object, Key extends keyof T>(key: Key, value: T): Omit<T, Key> {
  const { [key]: _left, ...rest } = value;
  return rest;
}
