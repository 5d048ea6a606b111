import { condition } from '@temporalio/workflow';
import { look } from '../activity-options.js';
import { announce } from '../announce.js';
import { lookAt, noTries, type Tries, tried, waitBeforeNext } from '../attempts.js';
import { type Due, nextDue, type Reminder, TRIES_PER_CODE } from '../code-rules.js';
import { instantText } from '../instant-text.js';
import { FAILURE_TYPES } from '../messages.js';
import { park } from '../park.js';
import { withFound } from '../plan.js';
import {
  cannotFinish,
  deadlineOf,
  enter,
  follow,
  mark,
  note,
  publish,
  type Run,
  show,
} from '../run.js';

const REMINDERS: Record<Reminder, string> = {
  code: 'the code is half through its ten minutes and nobody has submitted it',
  deadline: 'half of the time to submit a code has passed',
};

/**
 * Waits until somebody submits a code, a new one is to be asked for, or the deadline passes. One timer at a time, for
 * whatever is due next. A code that comes in the same moment as the deadline wins.
 */
export async function awaitCode(run: Run): Promise<void> {
  run.waitStartedAt ??= Date.now();
  enter(run, run.agentAwaited ? 'AwaitingAgent' : 'AwaitingCode');
  mark(run, 'awaitCode', 'running');
  for (let lastLooks: Tries | undefined; ; ) {
    run.submission = run.submissions.next();
    if (run.submission !== undefined) {
      run.waiting = undefined;
      return mark(run, 'awaitCode', 'done');
    }
    const due = dueNext(run);
    if (due.at <= Date.now()) {
      if (due.what === 'resend') return askForNewCode(run);
      if (due.what === 'reminder') {
        run.reminded.add(due.reminder);
        showWait(run);
        void announce(run, 'code.reminder', { reminder: due.reminder });
      } else {
        const found = await lastLook(run, lastLooks ?? noTries(Date.now()));
        if (found === 'noCodeNeeded') return;
        lastLooks = found;
      }
      continue;
    }
    showWait(run);
    announceNeed(run);
    const seen = run.messages;
    await condition(() => run.messages !== seen, due.at - Date.now(), {
      summary: SUMMARIES[due.what],
    });
  }
}

/** People are notified once of each code that was sent, and once that an agent is awaited. */
function announceNeed(run: Run): void {
  const needed = run.agentAwaited ? 'an agent' : run.code && `the code of ${run.code.sentAt}`;
  if (needed === undefined || needed === run.needed) return;
  run.needed = needed;
  void announce(run, 'code.needed');
}

const SUMMARIES: Record<Due['what'], string> = {
  resend: 'Until a new code may be asked for',
  reminder: 'Until somebody is reminded of the code',
  deadline: 'Until the deadline for a code',
};

function dueNext(run: Run): Due {
  return nextDue({
    now: Date.now(),
    deadlineAt: deadlineOf(run),
    waitStartedAt: run.waitStartedAt ?? Date.now(),
    reminded: run.reminded,
    ...(run.code === undefined ? {} : { sentAt: run.code.sentAt }),
    ...(run.resend === undefined ? {} : { resendAt: run.nextSendAt }),
    ...(run.lastSubmittedAt === undefined ? {} : { submittedAt: run.lastSubmittedAt }),
  });
}

function askForNewCode(run: Run): void {
  run.waiting = undefined;
  mark(run, 'requestCode', 'pending');
  mark(run, 'awaitCode', 'pending');
}

function showWait(run: Run): void {
  const reminders = [...run.reminded].map((reminder) => REMINDERS[reminder]).join('; ');
  run.waiting = {
    ...whatFor(run),
    since: new Date(run.waitStartedAt ?? Date.now()).toISOString(),
    until: new Date(deadlineOf(run)).toISOString(),
    ...(reminders === '' ? {} : { reminder: reminders }),
  };
  publish(run);
  show(run);
}

function whatFor(run: Run): { for: string; cure: string } {
  if (run.agentAwaited) {
    const from =
      run.nextSendAt > Date.now() ? ` Meta may be asked from ${instantText(run.nextSendAt)}.` : '';
    return {
      for: 'an agent who is ready for the code',
      cure: `Once whoever holds the SIM is at hand, say that you are ready: Meta then sends the code, which lives ten minutes.${from}`,
    };
  }
  const nextAt = instantText(run.nextSendAt);
  if (run.code === undefined) {
    return {
      for: `${nextAt}, to ask Meta for a code`,
      cure: 'Nothing to do: the code is asked for by itself then. A code that came before this run may be submitted.',
    };
  }
  if (run.refusedCodes.size >= TRIES_PER_CODE) {
    return run.resend === undefined
      ? {
          for: 'a new code to be asked for',
          cure: `${TRIES_PER_CODE} codes were refused, so no more are tried: ask for a new one (possible from ${nextAt}).`,
        }
      : { for: `${nextAt}, to ask Meta for a new code`, cure: 'Nothing to do until then.' };
  }
  return {
    for: run.resend === undefined ? 'the code' : `the code; a new one is asked for at ${nextAt}`,
    cure: 'Get the code from whoever holds the SIM and submit it, or ask for a new one.',
  };
}

/**
 * The deadline has passed. The number may have been verified by somebody else meanwhile, so it is read before giving up; and
 * a code may come in while it is read. Where it cannot be read for now, the deadline moves.
 *
 * @param looks those that failed since the deadline
 * @returns the failed looks where the run goes on waiting
 * @throws `ApplicationFailure` where it is over
 */
async function lastLook(run: Run, looks: Tries): Promise<'noCodeNeeded' | Tries | undefined> {
  const { phoneNumberId } = run.input;
  const read = await lookAt(look.readNumber, { phoneNumberId });
  if (run.submissions.next() !== undefined || deadlineOf(run) > Date.now()) return undefined;
  if (!read.ok) {
    const failed = tried(looks, read.problem);
    const waitMs = waitBeforeNext(read.problem, failed, Number.POSITIVE_INFINITY, Date.now());
    if (waitMs === undefined) {
      await park(run, read.problem);
      return undefined;
    }
    note(run, read.problem);
    run.extraMs += waitMs;
    return failed;
  }
  run.number = read.value;
  run.waiting = undefined;
  if (read.value.registered === 'yes' || read.value.verified === 'yes') {
    follow(run, withFound(run.steps, read.value, run.ownRegister !== undefined));
    return 'noCodeNeeded';
  }
  cannotFinish(
    run,
    {
      text: `${run.agentAwaited ? 'No agent was ready for the code' : 'No right code came'} by the deadline, ${instantText(deadlineOf(run))}`,
      advice:
        'Make sure that somebody who holds the SIM is at hand, then start the onboarding again.',
    },
    FAILURE_TYPES.deadline,
  );
}
