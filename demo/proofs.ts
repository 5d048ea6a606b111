/** What must be so after the demo's onboarding; each proof asks the part that knows, not the run. */

import type { PinStore } from '../activities/pin-store/pin-store.js';
import type { OnboardingResult } from '../client/index.js';
import type { Simulator } from '../simulator/simulator.js';
import { type History, placesOf } from './secret-search.js';

/** One thing proven, as a sentence; with a remark of what it was seen by. */
export interface Proof {
  sentence: string;
  remark?: string;
  holds: boolean;
}

export async function proofsOf(about: {
  phoneNumberId: string;
  result: OnboardingResult;
  simulator: Simulator;
  pinStore: PinStore;
  history: History;
  /** The code that the agent typed: it is in the history, so a search that works finds it. */
  typedCode: string;
}): Promise<Proof[]> {
  const { phoneNumberId, result, simulator, pinStore, history, typedCode } = about;
  const number = simulator.number(phoneNumberId);
  const [record, description] = await Promise.all([
    pinStore.read(phoneNumberId, 'current'),
    pinStore.describe(phoneNumberId),
  ]);
  const pin = record.pin.reveal();
  const found = placesOf(pin, history);
  const codeFound = placesOf(typedCode, history);
  return [
    {
      sentence: 'The number is live: registered, and able to send',
      remark: `status ${number.status}, platform ${number.platform}`,
      holds: result.outcome === 'live' && number.registered && number.status === 'CONNECTED',
    },
    {
      sentence: 'Two-step verification is on',
      holds: number.twoStepOn,
    },
    {
      sentence: "The PIN record is current in the PIN store, and is Meta's PIN",
      remark: `${record.version === result.pin.version ? 'version as the result says' : 'another version'}, no pending one left`,
      holds:
        number.pin === pin &&
        record.version === result.pin.version &&
        result.pin.confirmed &&
        description?.versions.pending === undefined,
    },
    {
      sentence: `The PIN is nowhere in the run's ${history.events?.length ?? 0} history events`,
      remark: found.length > 0 ? `it is in ${found.join(', ')}` : 'plain, base64, percent-encoded',
      holds: found.length === 0,
    },
    {
      sentence: 'That search can fail: it does find the code that was typed',
      remark: `in ${codeFound.length} ${codeFound.length === 1 ? 'place' : 'places'}`,
      holds: codeFound.length > 0,
    },
  ];
}
