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
import { type Parsed, parseCode, parseExtend, parseResend } from './input.js';
import { type CodeVerdict, MESSAGES, type OnboardingProgress } from './messages.js';
import { codeIsOpen } from './plan.js';
import { RAW, readRaw } from './raw-payload.js';
import { deadlineOf, ignore, progressOf, type Run, show } from './run.js';
import { answerTo } from './submissions.js';

const submitCode = defineSignal<[RawValue]>(MESSAGES.submitCode, RAW);
const resendCode = defineSignal<[RawValue]>(MESSAGES.resendCode, RAW);
const extend = defineSignal<[RawValue]>(MESSAGES.extend, RAW);
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
      if (run.waiting !== undefined && run.steps.awaitCode.state === 'running') {
        run.waiting = { ...run.waiting, until: new Date(deadlineOf(run)).toISOString() };
      }
      show(run);
    }),
    { description: 'Move the deadline for the code: "48 hours".' },
  );
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
