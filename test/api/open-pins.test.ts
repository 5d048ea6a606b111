/** The API opens its PIN store when it first needs it. */
import { expect, test } from 'vitest';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { noPins, openOnce } from '../../client/api/open-pins.js';
import { standInPins } from './stand-ins.js';

test('it is opened when it is first asked for, and once for all who ask', async () => {
  let opened = 0;
  const open = openOnce(async () => {
    opened += 1;
    return standInPins;
  });
  expect(opened).toBe(0);
  const all = await Promise.all([open(), open()]);
  expect([...all, await open()]).toEqual([standInPins, standInPins, standInPins]);
  expect(opened).toBe(1);
});

test('what could not be opened is tried again, and told as what a PIN store throws', async () => {
  const errors = [
    new Error('VAULT_ADDR is not set.'),
    new PinStoreRefusedError('The key is lost.'),
  ];
  const open = openOnce(async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return standInPins;
  });
  await expect(open()).rejects.toThrow(
    new PinStoreUnreachableError('The PIN store cannot be opened: VAULT_ADDR is not set.'),
  );
  await expect(open()).rejects.toThrow(PinStoreRefusedError);
  expect(await open()).toBe(standInPins);
});

test('an API without one says so', async () => {
  await expect(noPins()).rejects.toThrow(PinStoreUnreachableError);
});
