import { beforeSending, looking, type NumberAccess, sending } from '../number-access.js';
import type { StagedPin } from '../pin-store/pin-store.js';

/** The PIN of a number, by its version in the PIN store; the PIN itself stays in here. */
export interface PinOfNumber {
  phoneNumberId: string;
  pinVersion: string;
}

/** Sets the number's 2SV PIN. Repeating it with the same PIN is harmless. */
export function setTwoStepPin({ graph, pinStore, writing }: NumberAccess) {
  return async ({ phoneNumberId, pinVersion }: PinOfNumber): Promise<void> => {
    const { pin } = await beforeSending(() => pinStore.read(phoneNumberId, pinVersion));
    await sending(() => graph.setPin(phoneNumberId, pin, writing()));
  };
}

/** Makes the PIN that Meta has accepted the current one in the PIN store. */
export function storePin({ pinStore }: NumberAccess) {
  return ({ phoneNumberId, pinVersion }: PinOfNumber): Promise<StagedPin> =>
    looking(() => pinStore.promote(phoneNumberId, pinVersion));
}
