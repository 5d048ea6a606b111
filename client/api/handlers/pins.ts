import type { Duration } from '@temporalio/common';
import {
  type PinDescription,
  PinNotFoundError,
  type PinRecord,
  type PinVersionState,
} from '../../../activities/pin-store/pin-store.js';
import { ApiProblem } from '../problems.js';
import { type Handlers, type Parts, statusUrlOf } from './handler.js';

/** Handlers of what is done with the PIN of a number. */
export function pinHandlers({
  client,
  openPins,
  told,
  notifies,
}: Parts): Handlers<'rotatePin' | 'revealPin'> {
  async function recordOf(
    phoneNumberId: string,
    version: PinVersionState,
  ): Promise<{ record: PinRecord; about: PinDescription | undefined }> {
    const pins = await openPins();
    try {
      const [record, about] = await Promise.all([
        pins.read(phoneNumberId, version),
        pins.describe(phoneNumberId),
      ]);
      return { record, about };
    } catch (error) {
      if (!(error instanceof PinNotFoundError)) throw error;
      throw new ApiProblem(
        'pin-not-found',
        `The PIN store has no ${version} PIN of number ${phoneNumberId}: check the id, or ask for another version.`,
      );
    }
  }

  return {
    async rotatePin({ params: { phoneNumberId }, body, caller }) {
      const { repeated: _, ...started } = await client.rotatePin(phoneNumberId, {
        ...body,
        requestedBy: caller.name,
      });
      told(phoneNumberId);
      return {
        status: 201,
        body: { ...started, statusUrl: statusUrlOf(phoneNumberId) },
        outcome: 'started',
      };
    },

    /** Nobody sees a PIN unseen: what cannot be written down, or told to people, does not happen. */
    async revealPin({ params: { phoneNumberId }, body, caller, noteBefore }) {
      const { version: state, rotateAfter } = body;
      const { record, about } = await recordOf(phoneNumberId, state);
      const { version, createdAt, lastRotated } = record;
      const reason = body.reason.trim();
      if (!noteBefore({ outcome: 'revealing', reason, version: state })) {
        throw new ApiProblem(
          'audit-unavailable',
          'The PIN is not shown, as the audit trail cannot be written: have an operator look into the log of the API.',
          {},
          { 'retry-after': '5' },
        );
      }
      const lastDigits = about?.displayPhoneNumber?.replace(/[^0-9]/g, '').slice(-4);
      const labelled = about?.label === undefined ? {} : { label: about.label };
      await client.notify({
        event: 'pin.revealed',
        phoneNumberId,
        ...labelled,
        ...(lastDigits === undefined || lastDigits === '' ? {} : { lastDigits }),
        text: `${caller.name} is shown the ${state} PIN of number ${phoneNumberId}${about?.label === undefined ? '' : ` (${about.label})`}: ${reason}`,
        reason,
        requestedBy: caller.name,
      });
      const rotation =
        rotateAfter === undefined
          ? undefined
          : await client.rotateLater(phoneNumberId, {
              ...{ after: rotateAfter as Duration, replace: version, reason },
              ...{ requestedBy: caller.name, ...labelled },
            });
      return {
        status: 200,
        body: {
          ...{ phoneNumberId, pin: record.pin.reveal(), state, version, createdAt },
          ...(lastRotated === undefined ? {} : { lastRotated }),
          ...(rotation === undefined
            ? {}
            : { rotation: { workflowId: rotation.workflowId, at: rotation.at } }),
        },
        outcome: notifies ? 'revealed' : 'revealedWithoutNotice',
      };
    },
  };
}
