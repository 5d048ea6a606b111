import {
  type PinStore,
  PinStoreError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';

/** What the API does with the PIN store: it changes nothing there. */
export type Pins = Pick<PinStore, 'describe' | 'list' | 'read'>;

/** Gives the PIN store, opened when it is first needed: most of the API does without. @throws PinStoreError */
export type OpenPins = () => Promise<Pins>;

/** Opens once; what could not be opened is tried again the next time. */
export function openOnce(open: () => Promise<Pins>): OpenPins {
  let opened: Promise<Pins> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      if (error instanceof PinStoreError) throw error;
      throw new PinStoreUnreachableError(
        `The PIN store cannot be opened: ${error instanceof Error ? error.message : 'check its configuration.'}`,
        { cause: error },
      );
    });
    return opened;
  };
}

/** Where an API is made without a PIN store. */
export const noPins: OpenPins = async () => {
  throw new PinStoreUnreachableError('This API was started without a PIN store.');
};
