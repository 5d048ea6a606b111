/** Brings a run to where Meta gives an answer. */
import type { Stack } from '../workflow/stack.js';
import { CHECKS } from './answer-checks.js';
import { CALL_AT, type MetaAnswer } from './meta-answers.js';
import type { Moment } from './reactions.js';

/** Runs an onboarding into an answer. @throws where the run does something else than it has to */
export async function meet(stack: Stack, answer: MetaAnswer): Promise<void> {
  const { at, number, does } = answer;
  const id = stack.number(number ?? { preset: PRESETS[at] ?? 'verified' });
  const comesByItself = number !== undefined || does === 'nextCode';
  if (!comesByItself) arm(stack, id, answer);
  await stack.start(id);
  await CHECKS[answer.does]({ stack, id, answer });
}

const PRESETS: Partial<Record<Moment, 'fresh' | 'pinRetired'>> = {
  requestCode: 'fresh',
  verifyCode: 'fresh',
  deregister: 'pinRetired',
};

/** Before which call of the PIN store the read comes that is answered so. */
const READ_AFTER: Partial<Record<Moment, 'stage' | 'promote'>> = {
  laterRead: 'stage',
  lastRead: 'promote',
};

function arm({ simulator, breakStore }: Stack, id: string, answer: MetaAnswer): void {
  const { at, code, subcode, details, status, transient, headers } = answer;
  const add = () =>
    simulator.faults.add({
      kind: 'error',
      code,
      ...(subcode === undefined ? {} : { subcode }),
      ...(details === undefined ? {} : { details }),
      ...(status === undefined ? {} : { status }),
      ...(transient === undefined ? {} : { transient }),
      ...(headers === undefined ? {} : { headers }),
      endpoint: CALL_AT[at],
      phoneNumberId: id,
      times: 1,
    });
  const method = READ_AFTER[at];
  if (method === undefined) return void add();
  const mend = breakStore(id, method, async () => {
    mend();
    add();
  });
}
