/** What Meta says of a WhatsApp Business account. */
import { GraphPacedError } from '../graph-api/errors.js';
import { type GraphClient, type GraphNumber, NUMBER_FIELDS } from '../graph-api/graph-client.js';
import { asking, beat, waitWithBeats } from './fleet-access.js';

const FIELDS = [...NUMBER_FIELDS, 'last_onboarded_time'];
const PAGE = 100;

/** All numbers of the account, page by page. Once begun, it waits for its turn under the worker's own cap on calls. */
export async function numbersOf(graph: GraphClient, wabaId: string): Promise<GraphNumber[]> {
  const numbers: GraphNumber[] = [];
  let after: string | undefined;
  do {
    beat();
    const options = { ...asking(), limit: PAGE, fields: FIELDS, ...(after ? { after } : {}) };
    const page = await inTurn(() => graph.listNumbers(wabaId, options), after !== undefined);
    numbers.push(...page.numbers);
    after = page.after;
  } while (after !== undefined);
  return numbers;
}

async function inTurn<T>(call: () => Promise<T>, isBegun: boolean): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isBegun || !(error instanceof GraphPacedError)) throw error;
      await waitWithBeats(error.waitMs);
    }
  }
}
