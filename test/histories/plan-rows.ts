/** One run for each row of the plan, and for what it turns into. */
import { generatePin } from '../../activities/pin.js';
import { Secret } from '../../activities/secret.js';
import { type PresetName, SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { codeAwaited } from '../workflow/stack.js';
import type { Scenario } from './scenario.js';
import { decideWhenParked, ended, holdNext, untilParked } from './stage.js';

function refusedPreset(name: string, preset: PresetName): Scenario {
  return {
    name,
    ending: 'failed',
    async play({ strict }) {
      const id = strict.number({ preset });
      await strict.start(id);
      return ended(strict, id);
    },
  };
}

export const PLAN_ROWS: Scenario[] = [
  refusedPreset('refused-business-app', 'businessApp'),
  refusedPreset('refused-test-number', 'test'),
  refusedPreset('refused-banned', 'banned'),
  refusedPreset('refused-deleted', 'deleted'),
  refusedPreset('refused-migrated', 'migrated'),
  refusedPreset('refused-on-premise', 'onPremise'),
  refusedPreset('refused-take-over-not-allowed', 'live'),
  {
    name: 'former-pin-unknown-parked-cancelled',
    ending: 'canceled',
    async play({ strict }) {
      const id = strict.number({ preset: 'former' });
      await strict.start(id);
      await decideWhenParked(strict, id, 'cancel');
      return ended(strict, id);
    },
  },
  {
    name: 'former-pin-unknown-parked-then-provided',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'former' });
      await strict.start(id);
      await untilParked(strict, id);
      await strict.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
      await decideWhenParked(strict, id, 'retry');
      return ended(strict, id);
    },
  },
  {
    name: 'roll-forward',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'live' });
      await strict.pinStore.stage(id, {}, generatePin);
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'nothing-to-do',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'live' });
      const { version } = await strict.pinStore.stage(id, {}, generatePin);
      await strict.pinStore.promote(id, version);
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'take-over',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'live' });
      await strict.start(id, { takeOver: true });
      return ended(strict, id);
    },
  },
  {
    name: 'verified',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'verified' });
      await strict.start(id, { label: 'Berlin shop', requestedBy: 'Ana' });
      return ended(strict, id);
    },
  },
  {
    name: 'not-verified',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      await strict.client.submitCode(id, await codeAwaited(strict, id), { submittedBy: 'Ana' });
      return ended(strict, id);
    },
  },
  {
    name: 'unknown-registered-at-once',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'expiredVerification', expiredStillRegisters: true });
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'unknown-register-deferred',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'expiredVerification' });
      await strict.start(id);
      await strict.client.submitCode(id, await codeAwaited(strict, id));
      return ended(strict, id);
    },
  },
  {
    name: 'unknown-found-verified-at-request-code',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'expiredVerification' });
      const { held, release } = holdNext(strict, id, 'requestCode');
      await strict.start(id);
      await held();
      strict.simulator.update(id, { verification: 'VERIFIED' });
      release();
      return ended(strict, id);
    },
  },
  {
    name: 'naive-registered-deadline-passed-deregistered',
    ending: 'failed',
    on: 'naive',
    async play({ naive }) {
      const id = naive.number();
      await naive.start(id, { codeDeadline: '3 seconds' });
      return ended(naive, id);
    },
  },
  {
    name: 'naive-code-verified',
    ending: 'completed',
    on: 'naive',
    async play({ naive }) {
      const id = naive.number();
      await naive.start(id);
      await naive.client.submitCode(id, (await codeAwaited(naive, id)) || '123830');
      return ended(naive, id);
    },
  },
];
