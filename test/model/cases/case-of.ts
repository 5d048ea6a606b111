/** Cases written by hand. */
import type { Command, MetaFault, ModelCase, TimedCommand } from './case.js';

const SECOND = 1000;

/** A command that comes two seconds after the one before, unless it says when. */
export function caseOf(
  commands: readonly (Command | TimedCommand)[],
  more: Partial<Omit<ModelCase, 'commands'>> = {},
): ModelCase {
  return {
    seed: 4,
    number: { preset: 'fresh' },
    stored: {},
    start: {},
    listingLagMs: 0,
    notifies: false,
    helped: false,
    commands: commands.map((each) =>
      'command' in each ? each : { afterMs: 2 * SECOND, command: each },
    ),
    ...more,
  };
}

/** A fault that strikes once, unless it says otherwise. */
export function faultOf(
  kind: MetaFault['kind'],
  endpoint: MetaFault['endpoint'],
  more: Partial<MetaFault> = {},
): Command {
  return {
    do: 'fault',
    fault: {
      kind,
      endpoint,
      ms: SECOND,
      when: 'before',
      error: { code: 1 },
      times: 1,
      probability: 1,
      forMs: 48 * 3_600 * SECOND,
      ...more,
    },
  };
}

/** The right code, by the update. */
export const RIGHT_CODE: Command = { do: 'submit', code: 'right', how: 'update', twice: false };
