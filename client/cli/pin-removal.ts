/** Whether the PIN record of a number may go, from what Meta and Temporal say of the number. Pure. */
import { numberFacts } from '../../activities/number-facts.js';
import type { MetaAnswer, RunsAnswer } from './number-picture.js';
import { operationWord } from './operation-words.js';

/** Why a record should stay, and what to do first: together one sentence. */
export interface RemovalObjection {
  why: string;
  cure: string;
}

/**
 * What speaks against removing the record, the weightiest first. A number that Meta does not know needs no PIN, nor does anything
 * speak against where Meta cannot be asked for want of an access token; where Meta or Temporal is asked and does not answer, nobody
 * knows, and a PIN cannot be read back.
 */
export function removalObjections(
  phoneNumberId: string,
  meta: MetaAnswer,
  runs: RunsAnswer,
): RemovalObjection[] {
  return [runObjection(phoneNumberId, runs), metaObjection(phoneNumberId, meta)].filter(
    (objection) => objection !== undefined,
  );
}

function runObjection(id: string, runs: RunsAnswer): RemovalObjection | undefined {
  if (runs.answer === 'none') {
    return {
      why: `It is not known whether a run works on number ${id} (${part(runs.why)})`,
      cure: 'cure that',
    };
  }
  if (runs.status?.run !== 'running') return undefined;
  return {
    why: `An open run (${operationWord(runs.status.operation)}) works on number ${id} and may need its PIN record`,
    cure: `wait until it has ended, or end it with "npx wa-onboard cancel ${id}"`,
  };
}

function metaObjection(id: string, meta: MetaAnswer): RemovalObjection | undefined {
  if (meta.answer === 'noSuchNumber') return undefined;
  if (meta.answer === 'none') {
    return meta.unasked
      ? undefined
      : {
          why: `It is not known whether number ${id} needs its PIN, since Meta does not tell (${part(meta.why)})`,
          cure: 'cure that',
        };
  }
  const { registered, twoStepOn } = numberFacts(meta.number);
  if (registered === 'yes') {
    return {
      why: `Meta says that number ${id} is registered, so its PIN is in use`,
      cure: `take it out of use first with "npx wa-onboard offboard ${id}"`,
    };
  }
  if (twoStepOn === 'yes') {
    return {
      why: `Meta says that two-step verification of number ${id} is on, so whoever registers it next needs its PIN`,
      cure: 'turn it off, or delete the number, in WhatsApp Manager first',
    };
  }
  return undefined;
}

/** A sentence, or some, as a part of another. */
const part = (sentences: string) => sentences.replace(/\.$/, '');

/** Days that AWS keeps a secret which was deleted. */
const AWS_DAYS = 30;

/** How a removed record could come back. */
export interface WayBack {
  /** How long the store itself can bring it back; absent where it cannot. */
  restorableDays?: number;
  text: string;
  /** To copy, where a command does it. */
  command?: string;
}

/** @param store name of the PIN store, and the record's in it */
export function wayBack({ store, record }: { store: string; record: string }): WayBack {
  return store === 'aws-secrets-manager'
    ? {
        restorableDays: AWS_DAYS,
        text: `AWS can restore it for ${AWS_DAYS} days; until then no PIN can be kept under its name.`,
        command: `aws secretsmanager restore-secret --secret-id ${record}`,
      }
    : {
        text: 'This store cannot bring it back: a backup that "npx wa-onboard pin export" made before is the only way back.',
      };
}
