/** Signals, the update and the query of a run. Signals are total: whatever their payload, they neither throw nor wedge the run. */
import type { RawValue } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { type Parsed, parseCode, parseDecision, parseExtend, parseResend } from './input.js';
import { type CodeVerdict, type Decision, MESSAGES, type OnboardingProgress } from './messages.js';
import { codeIsOpen } from './plan.js';
import { RAW, readRaw } from './raw-payload.js';
import { ignore, progressOf, type Run, show } from './run.js';
import { answerTo } from './submissions.js';

const submitCode = defineSignal<[RawValue]>(MESSAGES.submitCode, RAW);
const resendCode = defineSignal<[RawValue]>(MESSAGES.resendCode, RAW);
const extend = defineSignal<[RawValue]>(MESSAGES.extend, RAW);
const retry = defineSignal<[RawValue]>(MESSAGES.retry, RAW);
const accept = defineSignal<[RawValue]>(MESSAGES.accept, RAW);
const tryCode = defineUpdate<CodeVerdict, [RawValue]>(MESSAGES.tryCode, RAW);
const progress = defineQuery<OnboardingProgress>(MESSAGES.progress);

/** Answers the run's messages. Call it before the first await: messages may be there already. */
export function answerMessages(run: Run): void {
  const onSignal =
    <T>(name: string, parse: (raw: unknown) => Parsed<T>, accept: (value: T) => void) =>
    (raw: RawValue) => {
      const parsed = readRaw(raw, parse);
      if (parsed.ok) accept(parsed.value);
      else ignore(run, `the signal ${name}`, parsed.sentence);
    };

  setHandler(
    submitCode,
    onSignal(MESSAGES.submitCode, parseCode, (code) => void run.submissions.add(code)),
    { description: 'The code from the SMS or call, as typed: "123-830".' },
  );
  setHandler(
    resendCode,
    onSignal(MESSAGES.resendCode, parseResend, (request) => {
      if (!codeIsOpen(run.steps)) {
        return ignore(run, 'a wish for a new code', 'The number needs no code (any more).');
      }
      run.resend = request;
      run.messages += 1;
      show(run);
    }),
    {
      description:
        'Ask Meta for a new code: nothing, or { method: "SMS" | "VOICE", language: "en_US" }.',
    },
  );
  setHandler(
    extend,
    onSignal(MESSAGES.extend, parseExtend, ({ byMs }) => {
      run.extraMs += byMs;
      run.reminded.delete('deadline');
      run.messages += 1;
      show(run);
    }),
    { description: 'Move the deadline for the code: "48 hours".' },
  );
  const onDecision = (decision: Decision) =>
    onSignal(decision, parseDecision, ({ requestedBy }) => {
      const taken = run.waiting?.decisions?.includes(decision) ?? false;
      if (!taken || run.decision !== undefined) {
        return ignore(run, `the signal ${decision}`, taken ? DECIDED : NOT_TAKEN[decision]);
      }
      run.decision = decision;
      const at = new Date().toISOString();
      run.decided = { decision, ...(requestedBy === undefined ? {} : { by: requestedBy }), at };
      show(run);
    });
  setHandler(retry, onDecision('retry'), {
    description: 'The cause of the park is cured: try again.',
  });
  setHandler(accept, onDecision('accept'), {
    description: 'Leave the number as it is although Meta refused to set its PIN.',
  });
  setHandler(
    tryCode,
    (raw) =>
      // Not cancelled with the run: a caller who waits is to get an answer at every exit.
      CancellationScope.nonCancellable(async () => {
        const parsed = readRaw(raw, parseCode);
        if (!parsed.ok) return { verdict: 'notWaiting', reason: parsed.sentence };
        return answerTo(run.submissions.add(parsed.value));
      }),
    {
      description: 'Try the code and get the verdict: { code: "123-830", submittedBy: "Ana" }.',
      validator: (raw) => {
        const parsed = readRaw(raw, parseCode);
        if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.sentence, 'InvalidInput');
      },
    },
  );
  setHandler(progress, () => progressOf(run), { description: 'Where the onboarding stands.' });
  // No default signal handler: the SDK drops signals of unknown names, but decodes them first where there is one.
}

const NOT_TAKEN: Record<Decision, string> = {
  retry: 'The run is not parked, so there is nothing to try again.',
  accept: 'Only a run that is parked because Meta refused its PIN can be finished as it is.',
};

const DECIDED = 'Another decision came first.';
