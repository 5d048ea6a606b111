/** What somebody else, or Meta, does to a number. */
import type { Simulator } from '../../../simulator/contract.js';
import type { NumberTraits } from '../../../simulator/number-state.js';
import type { WorldChange } from './case.js';

/** PINs that neither generator nor number has. */
export const OTHER_PIN = '482915';
const SOMEBODY_ELSES_PIN = '617283';

type Patch = (pin: string | undefined) => Partial<NumberTraits>;

const PATCHES: Record<Exclude<WorldChange, 'tokenRevoked' | 'tokenRenewed'>, Patch> = {
  verified: () => ({ verification: 'VERIFIED' }),
  verificationLost: () => ({ verification: 'NOT_VERIFIED' }),
  registeredBySomebody: (pin) => ({
    verification: 'VERIFIED',
    registered: true,
    registeredBy: ['another app'],
    pin: pin ?? SOMEBODY_ELSES_PIN,
  }),
  deregistered: () => ({ registered: false }),
  pinChanged: () => ({ pin: SOMEBODY_ELSES_PIN }),
  twoStepOff: () => ({ pin: undefined }),
  nameUnderReview: () => ({ needsApprovedName: true, nameStatus: 'PENDING_REVIEW' }),
  nameApproved: () => ({ nameStatus: 'APPROVED' }),
  nameDeclined: () => ({ nameStatus: 'DECLINED' }),
  banned: () => ({ status: 'BANNED' }),
  mended: () => MENDED,
};

/** All that stands in the way of a number but its 2SV PIN. */
export const MENDED: Partial<NumberTraits> = {
  refusals: {},
  status: undefined,
  platform: undefined,
  standing: 'CONNECTED',
  nameStatus: 'APPROVED',
  needsApprovedName: false,
  isOnBizApp: false,
  accountMode: 'LIVE',
  connectsAfterMs: 0,
  deletionEndsAt: undefined,
  pinBlock: undefined,
  hiddenFields: [],
};

export function changeWorld(
  meta: Pick<Simulator, 'number' | 'update' | 'revokeToken' | 'restoreToken'>,
  phoneNumberId: string,
  change: WorldChange,
): void {
  if (change === 'tokenRevoked') meta.revokeToken();
  else if (change === 'tokenRenewed') meta.restoreToken();
  else meta.update(phoneNumberId, PATCHES[change](meta.number(phoneNumberId).pin));
}
