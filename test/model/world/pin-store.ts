/** A PIN store in memory, by the record's own rules, behind faults and latency. What it holds is checked by the invariants. */
import {
  annotateInDocument,
  backUpOf,
  DEFAULT_KEEP_FORMER,
  type DocumentChange,
  describeDocument,
  emptyPinDocument,
  findVersion,
  noSuchVersion,
  type PinDocument,
  promoteInDocument,
  provideInDocument,
  restoreInDocument,
  stageInDocument,
  toPinRecord,
  toStagedPin,
} from '../../../activities/pin-store/pin-document.js';
import type { PinStore } from '../../../activities/pin-store/pin-store.js';
import { Secret } from '../../../activities/secret.js';
import { faultyPinStore, type StoreFaults } from '../../faults/faulty-pin-store.js';
import { type Attempt, currentAttempt } from '../driver/attempt.js';
import type { VirtualTime } from '../driver/virtual-time.js';

/** A change of the record: who made it, by which method, and what it became. */
export interface StoreChange {
  method: 'stage' | 'promote' | 'provide';
  version: string;
  document: PinDocument;
  attempt: Attempt | undefined;
}

export interface ModelPinStore {
  /** As the activities meet it. */
  store: PinStore;
  /** The record as it is. */
  readonly document: PinDocument | undefined;
  readonly faults: StoreFaults;
  /** An operator gives a PIN, past all faults. */
  provide(pin: string): void;
}

const NAME = 'local';

export function createModelPinStore(
  phoneNumberId: string,
  { now, sleep }: Pick<VirtualTime, 'now' | 'sleep'>,
  random: () => number,
  onChange: (change: StoreChange) => void,
  stageRule: typeof stageInDocument = stageInDocument,
): ModelPinStore {
  let document: PinDocument | undefined;
  let versions = 0;
  const place = { store: NAME, record: phoneNumberId };
  const fresh = () => {
    versions += 1;
    return { version: `version-${versions}`, createdAt: new Date(now()).toISOString() };
  };

  /** A call's way to the store. A dead process's call may still be done. */
  async function soon<T>(work: () => T): Promise<T> {
    await sleep(5 + random() * 40);
    return currentAttempt()?.lost && random() < 0.5 ? never() : work();
  }

  function change(
    method: StoreChange['method'],
    version: string,
    apply: (document: PinDocument) => DocumentChange | undefined,
  ) {
    const changed = apply(document ?? emptyPinDocument(phoneNumberId));
    if (changed === undefined) throw noSuchVersion(phoneNumberId, version);
    document = changed.document;
    onChange({
      method,
      version: changed.version.version,
      document: changed.document,
      attempt: currentAttempt(),
    });
    return toStagedPin(changed.version, place);
  }

  const provide = (pin: Secret) =>
    change('provide', 'provided', (known) => provideInDocument(known, {}, pin, fresh()));

  const described = () => document && describeDocument(document, place);
  const recordsNow = () => [described()].filter((record) => record !== undefined);

  const inMemory: PinStore = {
    name: NAME,
    stage: (_, about, newPin) =>
      soon(() =>
        change('stage', 'pending', (known) =>
          stageRule(known, about, () => tellable(newPin), fresh()),
        ),
      ),
    read: (_, version) =>
      soon(() => {
        const found = document && findVersion(document, version);
        if (!found) throw noSuchVersion(phoneNumberId, version);
        return toPinRecord(phoneNumberId, found);
      }),
    promote: (_, version, expected) =>
      soon(() =>
        change('promote', version, (known) =>
          promoteInDocument(known, version, new Date(now()).toISOString(), {
            expected,
            keepFormer: DEFAULT_KEEP_FORMER,
          }),
        ),
      ),
    provide: async (_, pin) => provide(pin),
    annotate: (_, notes) =>
      soon(() => {
        document = document && annotateInDocument(document, notes);
        return described();
      }),
    describe: () => soon(described),
    async *list() {
      yield* recordsNow();
    },
    page: () => soon(() => ({ records: recordsNow() })),
    backUp: () => soon(() => document && backUpOf(document)),
    restore: (backup) =>
      soon(() => {
        const restored = restoreInDocument(document, backup);
        document = restored.document;
        return restored.outcome;
      }),
    async remove() {
      throw new Error('No run removes a record.');
    },
    check: async () => undefined,
  };
  const { store, faults } = faultyPinStore(inMemory, { wait: sleep });

  return {
    get document() {
      return document;
    },
    faults,
    provide: (pin) => {
      provide(new Secret(pin));
    },
    store: {
      ...store,
      stage: (...asked) => ofTheLiving(() => store.stage(...asked)),
      read: (...asked) => ofTheLiving(() => store.read(...asked)),
      promote: (...asked) => ofTheLiving(() => store.promote(...asked)),
      annotate: (...asked) => ofTheLiving(() => store.annotate(...asked)),
      describe: (...asked) => ofTheLiving(() => store.describe(...asked)),
    },
  };
}

/** A call that a dead process neither makes nor hears the end of. */
async function ofTheLiving<T>(call: () => Promise<T>): Promise<T> {
  const attempt = currentAttempt();
  if (attempt?.lost) return never();
  try {
    const answer = await call();
    return attempt?.lost ? never() : answer;
  } catch (error) {
    if (attempt?.lost) return never();
    throw error;
  }
}

const never = () => new Promise<never>(() => undefined);

/** A PIN that neither a duration in milliseconds nor a small number looks like, so that a search for it finds nothing else. */
function tellable(newPin: () => Secret): Secret {
  for (;;) {
    const pin = newPin();
    if (!/^00|0$/.test(pin.reveal())) return pin;
  }
}
