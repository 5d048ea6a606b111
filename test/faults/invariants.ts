/** What must hold of every run, whatever struck it. */
import { type OnboardingProgress, workflowIdOf } from '../../workflows/messages.js';
import { canariesOf, descriptionOf } from '../leaks/gather-places.js';
import { type Place, scan } from '../leaks/leak-scan.js';
import { type EndState, endState } from '../workflow/end-state.js';
import type { Stack } from '../workflow/stack.js';
import type { Course } from './expected.js';

const MOST_REQUESTS = 10;

/** Of a kind of which no two may follow each other without a read between. */
const READ_BETWEEN = ['register', 'deregister', 'verifyCode'] as const;

/**
 * The invariants that a run has broken, in words.
 *
 * @param ends how it ended, which says what Meta and the PIN store must hold now
 */
export async function brokenInvariants(
  stack: Stack,
  id: string,
  ends: Course['ends'],
  progress: OnboardingProgress,
): Promise<string[]> {
  const state = await endState(stack, id);
  const { leaks } = scan(await leftBehind(stack, id, progress), await canariesOf(stack, [id]));
  return [
    ...(state.pinAtMeta === 'stranger' ? ['the PIN at Meta is not in the PIN store'] : []),
    ...misplaced(ends, state),
    ...wrongRequests(stack, id, progress),
    ...leaks.map(({ canary, where, form }) => `${canary} stands ${form} in ${where}`),
  ];
}

async function leftBehind({ temporal }: Stack, id: string, progress: object): Promise<Place[]> {
  const history = await temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  return [
    { kind: 'history', name: 'the history', content: history },
    await descriptionOf(temporal, id),
    { kind: 'else', name: 'the progress', content: progress },
  ];
}

const LEFT: Record<Course['ends'], Omit<EndState, 'writes' | 'verified'>> = {
  live: { registered: true, pinAtMeta: 'current', stored: ['current'] },
  'parked, live after retry': { registered: true, pinAtMeta: 'current', stored: ['current'] },
  refused: { registered: false, pinAtMeta: 'none', stored: [] },
  'waits for a person': { registered: false, pinAtMeta: 'none', stored: ['pending'] },
  undone: { registered: false, pinAtMeta: 'pending', stored: ['pending'] },
  'not undone': { registered: true, pinAtMeta: 'pending', stored: ['pending'] },
};

/** One PIN only, where the ending wants it, and the number as the ending says. */
function misplaced(ends: Course['ends'], { registered, pinAtMeta, stored }: EndState): string[] {
  const is = JSON.stringify({ registered, pinAtMeta, stored });
  return is === JSON.stringify(LEFT[ends]) ? [] : [`Meta and the PIN store were left as ${is}`];
}

function wrongRequests({ simulator }: Stack, id: string, { budget }: OnboardingProgress): string[] {
  const requests = simulator.requests.filter(({ phoneNumberId }) => phoneNumberId === id);
  const answeredRead = requests.findIndex((each) => each.endpoint === 'read' && each.executed);
  const firstWrite = requests.findIndex(({ endpoint }) => endpoint !== 'read');
  const indexesOf = (wanted: string) =>
    requests.flatMap(({ endpoint }, index) => (endpoint === wanted ? [index] : []));
  const blind = READ_BETWEEN.filter((endpoint) => {
    const sent = indexesOf(endpoint);
    return sent.slice(1).some((index, nth) => {
      const between = requests.slice(sent[nth], index);
      return !between.some((each) => each.endpoint === 'read' && each.status === 200);
    });
  });
  const { registersCounted, deregistersCounted } = simulator.number(id);
  return [
    ...(firstWrite >= 0 && firstWrite < answeredRead ? ['written before it was read'] : []),
    ...blind.map((endpoint) => `${endpoint} was sent again without a read`),
    ...(indexesOf('requestCode').length > 1 ? ['a second code was asked for by itself'] : []),
    ...(['register', 'deregister'] as const).flatMap((endpoint) =>
      indexesOf(endpoint).length > MOST_REQUESTS ? [`more than ten requests of ${endpoint}`] : [],
    ),
    ...(budget.register.used < registersCounted || budget.deregister.used < deregistersCounted
      ? ['the run shows fewer requests than Meta has counted']
      : []),
  ];
}
