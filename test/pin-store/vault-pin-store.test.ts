import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import {
  connectVaultPinStore,
  createVaultPinStore,
} from '../../activities/pin-store/vault-pin-store.js';
import { type VaultSend, vaultTransport } from '../../activities/pin-store/vault-transport.js';
import { Secret } from '../../activities/secret.js';
import { programPlaces } from '../../configuration/program-places.js';
import { pinStoreConformance } from './conformance.js';
import { freePort } from './moto-server.js';
import { type OpenBaoServer, ROOT_TOKEN, startOpenBao } from './openbao-server.js';

let bao: OpenBaoServer;
beforeAll(async () => {
  bao = await startOpenBao(programPlaces().cacheDir);
}, 300_000);
afterAll(() => bao.stop());

const auth = { token: new Secret(ROOT_TOKEN) };

pinStoreConformance({
  name: 'vault',
  stagesAfterRemoval: true,
  keepsFormer: true,
  rounds: 15,
  async start() {
    const { address } = bao;
    let places = 0;
    return {
      config: { kind: 'vault', address, auth },
      // The racing processes are given the token beside the configuration.
      passphrase: ROOT_TOKEN,
      open: (clock, keepFormer) =>
        connectVaultPinStore({
          address,
          auth,
          ...(clock && { clock }),
          ...(keepFormer !== undefined && { keepFormer }),
        }),
      elsewhere: () => {
        places += 1;
        return connectVaultPinStore({ address, auth, prefix: `elsewhere-${places}/` });
      },
      async tamper(phoneNumberId) {
        const path = `secret/data/whatsapp/2sv-pin/${phoneNumberId}`;
        const data = { pin: 'written by hand' };
        await bao.admin('POST', path, { body: { data } });
        return async () => isDeepStrictEqual((await bao.read(path)).data, data);
      },
      async dyingAfter(writes, operation) {
        const plain = vaultTransport({ address });
        let left = writes;
        let died = false;
        const send: VaultSend = async (call, token) => {
          const isWrite = call.method !== 'GET';
          if (died || (left === 0 && isWrite)) {
            died = true;
            throw new Error('The process died.');
          }
          if (isWrite) left -= 1;
          return plain(call, token);
        };
        await operation(createVaultPinStore({ send, address, auth })).catch((error: unknown) => {
          if (!died) throw error;
        });
        return !died;
      },
      unreachable: async () =>
        connectVaultPinStore({ address: `http://127.0.0.1:${await freePort()}`, auth }),
      refusing: () => connectVaultPinStore({ address, auth: { token: new Secret('s.gone') } }),
      stop: async () => undefined,
    };
  },
});
