import type { NumberSeed, NumberTraits } from './number-state.js';
import { changed, DEFAULT_WABA_ID, type NumberState, numberFrom } from './number-state.js';

/** A WhatsApp Business account. */
export interface AccountState {
  id: string;
  /** Whether this app gets the account's webhooks. */
  subscribed: boolean;
}

/** Everything the simulated Meta has in its books. */
export interface Registry {
  /** The number, made on the spot where the registry creates numbers by itself. */
  find(id: string): NumberState | undefined;
  /** @throws Error when there is no such number */
  get(id: string): NumberState;
  put(number: NumberState): void;
  add(seed: NumberSeed): NumberState;
  /** @throws Error when there is no such number */
  remove(id: string): void;
  patch(id: string, patch: Partial<NumberTraits>): void;
  all(): NumberState[];
  /** The account, made on the spot where the registry creates numbers by itself. */
  findAccount(id: string): AccountState | undefined;
  isAccount(id: string): boolean;
  putAccount(account: AccountState): void;
  accounts(): AccountState[];
}

/**
 * @param creates whether unknown ids become fresh numbers and accounts
 * @param onChange called after each change, before its request is answered
 */
export function createRegistry(creates: boolean, onChange: () => void): Registry {
  const numbers = new Map<string, NumberState>();
  const accounts = new Map<string, AccountState>([
    [DEFAULT_WABA_ID, { id: DEFAULT_WABA_ID, subscribed: true }],
  ]);

  const put = (number: NumberState): NumberState => {
    numbers.set(number.id, number);
    if (!accounts.has(number.wabaId)) {
      accounts.set(number.wabaId, { id: number.wabaId, subscribed: true });
    }
    onChange();
    return number;
  };
  const get = (id: string): NumberState => {
    const number = numbers.get(id);
    if (number === undefined) throw new Error(`The simulator has no number ${id}; add it first.`);
    return number;
  };
  const putAccount = (account: AccountState): AccountState => {
    accounts.set(account.id, account);
    onChange();
    return account;
  };

  return {
    find: (id) =>
      numbers.get(id) ?? (creates && !accounts.has(id) ? put(numberFrom({ id })) : undefined),
    get,
    put,
    add: (seed) => put(numberFrom(seed)),
    remove: (id) => {
      numbers.delete(get(id).id);
      onChange();
    },
    patch: (id, patch) => {
      put(changed(get(id), patch));
    },
    all: () => [...numbers.values()],
    findAccount: (id) =>
      accounts.get(id) ??
      (creates && !numbers.has(id) ? putAccount({ id, subscribed: true }) : undefined),
    isAccount: (id) => accounts.has(id),
    putAccount,
    accounts: () => [...accounts.values()],
  };
}
