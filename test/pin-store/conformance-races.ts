import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../activities/secret.js';
import {
  type ConformanceScene,
  fixed,
  newNumber,
  pinsOf,
  plain,
  stageAndPromote,
} from './conformance-scene.js';
import type { RacerAnswer, RacerTask } from './racer.js';
import { type Racers, startRacers } from './racers.js';

/** What holds when two processes change the same record at once. */
export function raceConformance(scene: ConformanceScene): void {
  describe('two processes at once', () => {
    const { rounds } = scene.about;
    let racers: Racers;
    beforeAll(async () => {
      racers = await startRacers();
    }, 60_000);
    afterAll(() => racers.stop());

    const task = (
      phoneNumberId: string,
      method: RacerTask['method'],
      argument?: string,
    ): RacerTask => ({
      config: scene.backend.config,
      ...(scene.backend.passphrase !== undefined && { passphrase: scene.backend.passphrase }),
      phoneNumberId,
      method,
      ...(argument !== undefined && { argument }),
    });
    const versionIn = (answer: RacerAnswer): string => {
      if ('version' in answer) return answer.version;
      throw new Error(`A racer failed: ${JSON.stringify(answer)}`);
    };

    test('they stage the same PIN and promote it once, time after time', async () => {
      const number = newNumber();
      let former: string | undefined;
      for (let round = 0; round < rounds; round += 1) {
        const staged = await racers.race(task(number, 'stage'), task(number, 'stage'));
        const version = versionIn(staged[0]);
        expect(versionIn(staged[1])).toBe(version);
        expect((await scene.store.read(number, 'pending')).version).toBe(version);
        const promote = task(number, 'promote', version);
        const promoted = await racers.race(promote, promote);
        expect(promoted.map(versionIn)).toEqual([version, version]);
        const { versions } = (await scene.store.describe(number)) ?? {};
        expect(versions?.current?.version).toBe(version);
        expect(versions?.previous?.version).toBe(former);
        expect(versions?.pending).toBeUndefined();
        former = version;
      }
    }, 60_000);

    test('they stage the same first PIN of a number', async () => {
      for (let round = 0; round < rounds; round += 1) {
        const number = newNumber();
        const staged = await racers.race(task(number, 'stage'), task(number, 'stage'));
        expect(versionIn(staged[0])).toBe(versionIn(staged[1]));
        expect(versionIn(staged[0])).toBe((await scene.store.read(number, 'pending')).version);
      }
    }, 60_000);

    test('neither undoes what the other does to the same record', async () => {
      for (let round = 0; round < rounds; round += 1) {
        const number = newNumber();
        const { version } = await scene.store.stage(number, {}, fixed('830174'));
        const [promoted, provided] = await racers.race(
          task(number, 'promote', version),
          task(number, 'provide', '012349'),
        );
        expect(versionIn(promoted)).toBe(version);
        expect(versionIn(provided)).not.toBe(version);
        expect(await pinsOf(scene.store, number)).toEqual({
          current: '830174',
          provided: '012349',
        });
      }
    }, 60_000);

    test('of two that expect the same version to be current, one promotes its own and the other is told', async () => {
      for (let round = 0; round < rounds; round += 1) {
        const { store } = scene;
        const number = newNumber();
        const current = await stageAndPromote(store, number, '830174');
        const { version: pending } = await store.stage(number, {}, fixed('047382'));
        const { version: provided } = await store.provide(number, new Secret('012349'));
        const answers = await racers.race(
          { ...task(number, 'promote', pending), expected: { current } },
          { ...task(number, 'promote', provided), expected: { current } },
        );
        const won = answers.filter((answer) => 'version' in answer);
        const lost = answers.filter((answer) => 'error' in answer);
        expect([won.length, lost.length], JSON.stringify(answers)).toEqual([1, 1]);
        expect(lost[0]?.error).toMatch(/^PinRecordChangedError: .+ look at the record/);
        const winner = won.map(versionIn)[0];
        expect((await store.read(number, 'current')).version).toBe(winner);
        expect((await store.read(number, 'previous')).version).toBe(current);
        const left = winner === pending ? { provided: '012349' } : { pending: '047382' };
        expect(await pinsOf(store, number)).toMatchObject({ previous: '830174', ...left });
      }
    }, 60_000);

    test('neither takes away what the other notes, nor the PIN it promotes', async () => {
      const stale = { since: '2026-11-23T09:00:00.000Z', why: 'PIN_CHANGED' };
      const renamedAt = '2026-11-23T08:00:00.000Z';
      for (let round = 0; round < rounds; round += 1) {
        const number = newNumber();
        const { version } = await scene.store.stage(number, {}, fixed('830174'));
        await racers.race(
          task(number, 'annotate', JSON.stringify({ renamedAt })),
          task(number, 'promote', version),
        );
        expect(await pinsOf(scene.store, number)).toEqual({ current: '830174' });
        await racers.race(
          task(number, 'annotate', JSON.stringify({ stale })),
          task(number, 'annotate', JSON.stringify({ about: { label: 'Quito' } })),
        );
        expect(await scene.store.describe(number)).toMatchObject({
          renamedAt,
          stale,
          label: 'Quito',
        });
      }
    }, 60_000);

    test('they restore the same record, and it is whole', async () => {
      const { store } = scene;
      const source = newNumber();
      await stageAndPromote(store, source, '830174');
      await stageAndPromote(store, source, '047382');
      await store.stage(source, {}, fixed('551902'));
      for (let round = 0; round < rounds; round += 1) {
        const phoneNumberId = newNumber();
        const backup = { ...(await store.backUp(source)), phoneNumberId };
        const asText = JSON.stringify({
          ...backup,
          versions: backup.versions?.map((each) => ({ ...each, pin: each.pin.reveal() })),
        });
        const restore = task(phoneNumberId, 'restore', asText);
        for (const answer of await racers.race(restore, restore)) {
          expect(answer).toMatchObject({
            outcome: expect.stringMatching(/^(restored|unchanged)$/),
          });
        }
        expect(plain(await store.backUp(phoneNumberId))).toEqual(JSON.parse(asText, inOrder));
      }
    }, 60_000);
  });
}

/** Versions in the order in which they are compared. */
function inOrder(key: string, value: unknown): unknown {
  if (key !== 'versions' || !Array.isArray(value)) return value;
  return value.sort((a, b) => (a.version < b.version ? -1 : 1));
}
