/** I1: a PIN that is live at Meta is in the PIN store, always. */
import { findVersion, type PinDocument } from '../../../activities/pin-store/pin-document.js';
import { Violation } from '../driver/violation.js';
import type { InvariantRule } from './scene.js';

export const pinsAreKept: InvariantRule = ({ phoneNumberId, meta, store, time }) => {
  /** The PIN at Meta, while it is one that this product set. */
  let ours: string | undefined;
  /** PINs that Meta took in a set-PIN, by run. */
  const acceptedBySetPin = new Map<string, Set<string>>();
  const everStored = new Set<string>();
  const pinAtMeta = () => meta.meta.number(phoneNumberId).pin;
  const pinsOf = (document: PinDocument | undefined) =>
    new Set(document?.versions.map(({ pin }) => pin));

  function check(): void {
    if (ours !== undefined && !pinsOf(store.document).has(ours)) {
      throw new Violation('I1', 'the PIN at Meta, set by this product, is not in the PIN store');
    }
  }

  return {
    onHandled({ endpoint, pin, entry, attempt }) {
      if (pin === undefined || !entry?.executed) return;
      if (pinAtMeta() === pin) ours = pin;
      if (endpoint === 'setPin' && attempt !== undefined) {
        const accepted = acceptedBySetPin.get(attempt.runId) ?? new Set();
        acceptedBySetPin.set(attempt.runId, accepted.add(pin));
      }
      check();
    },
    onStoreChange({ method, version, document, attempt }) {
      const stored = pinsOf(document);
      for (const pin of everStored) {
        if (!stored.has(pin)) {
          throw new Violation('I1', `${method} dropped a PIN that the PIN store held`);
        }
      }
      for (const pin of stored) everStored.add(pin);
      const pin = findVersion(document, version)?.pin ?? '';
      const runId = attempt?.runId ?? '';
      if (method === 'promote' && runId && !acceptedBySetPin.get(runId)?.has(pin)) {
        throw new Violation(
          'I1',
          'a PIN became the current one although Meta had not taken it in a set-PIN of this run',
        );
      }
      check();
    },
    onWorldChange() {
      if (pinAtMeta() !== ours) ours = undefined;
    },
    onRunEnd(run, progress) {
      check();
      if (run.end?.kind !== 'completed' || ours === undefined) return;
      const stored = progress?.steps.find(({ name }) => name === 'storePin');
      if (stored?.state !== 'done') return;
      const current = store.document && findVersion(store.document, 'current');
      if (current?.pin !== ours) {
        throw new Violation(
          'I1',
          `a run completed at ${new Date(time.now()).toISOString()}, yet the current PIN in the PIN store is not the one at Meta`,
        );
      }
    },
    atEnd: check,
  };
};
