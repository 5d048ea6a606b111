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
import { claimed, heldByOther, heldText, released } from './claims.js';
import {
  type Parsed,
  parseAgentReady,
  parseClaim,
  parseCode,
  parseDecision,
  parseExtend,
  parseRelease,
  parseResend,
} from './input.js';
import {
  type Claim,
  type ClaimAnswer,
  type CodeSubmission,
  type CodeVerdict,
  type Decision,
  MESSAGES,
  type OnboardingProgress,
  type ReleaseAnswer,
} from './messages.js';
import { codeIsOpen } from './plan.js';
import { progressOf } from './progress.js';
import { RAW, readRaw } from './raw-payload.js';
import { agentIsReady, halfTimeOf, ignore, publish, type Run, show } from './run.js';
import { answerTo } from './submissions.js';

const submitCode = defineSignal<[RawValue]>(MESSAGES.submitCode, RAW);
const resendCode = defineSignal<[RawValue]>(MESSAGES.resendCode, RAW);
const extend = defineSignal<[RawValue]>(MESSAGES.extend, RAW);
const retry = defineSignal<[RawValue]>(MESSAGES.retry, RAW);
const accept = defineSignal<[RawValue]>(MESSAGES.accept, RAW);
const agentReady = defineSignal<[RawValue]>(MESSAGES.agentReady, RAW);
const pinReset = defineSignal<[RawValue]>(MESSAGES.pinReset, RAW);
const tryCode = defineUpdate<CodeVerdict, [RawValue]>(MESSAGES.tryCode, RAW);
const claim = defineUpdate<ClaimAnswer, [RawValue]>(MESSAGES.claim, RAW);
const release = defineUpdate<ReleaseAnswer, [RawValue]>(MESSAGES.release, RAW);
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
    onSignal(MESSAGES.submitCode, parseCode, (code) => {
      const holder = holderAgainst(run, code);
      if (holder === undefined) run.submissions.add(code);
      else ignore(run, 'a code', heldText(holder));
    }),
    { description: 'The code from the SMS or call, as typed: "123-830".' },
  );
  setHandler(
    resendCode,
    onSignal(MESSAGES.resendCode, parseResend, (request) => {
      if (!codeIsOpen(run.steps)) {
        return ignore(run, 'a wish for a new code', 'The number needs no code (any more).');
      }
      const holder = heldByOther(run.claim, request.requestedBy, Date.now());
      if (holder !== undefined) return ignore(run, 'a wish for a new code', heldText(holder));
      run.resend = request;
      agentIsReady(run);
      run.messages += 1;
      show(run);
    }),
    {
      description:
        'Ask Meta for a new code: nothing, or { method: "SMS" | "VOICE", language: "en_US" }.',
    },
  );
  setHandler(
    agentReady,
    onSignal(MESSAGES.agentReady, parseAgentReady, (request) => {
      const holder = heldByOther(run.claim, request.requestedBy, Date.now());
      const useless = holder === undefined ? uselessReadiness(run) : heldText(holder);
      if (useless !== undefined) return ignore(run, 'an agent who is ready', useless);
      agentIsReady(run);
      run.resend ??= request;
      run.messages += 1;
      show(run);
    }),
    { description: 'An agent is ready for the code: Meta is asked for it now.' },
  );
  setHandler(
    extend,
    onSignal(MESSAGES.extend, parseExtend, ({ byMs }) => {
      run.extraMs += byMs;
      if (halfTimeOf(run) > Date.now()) run.reminded.delete('deadline');
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
      decide(run, decision, requestedBy);
    });
  setHandler(retry, onDecision('retry'), {
    description: 'The cause of the park is cured: try again.',
  });
  setHandler(accept, onDecision('accept'), {
    description: 'Leave the number as it is although Meta refused to set its PIN.',
  });
  setHandler(
    pinReset,
    onSignal(MESSAGES.pinReset, parseDecision, ({ requestedBy }) => {
      if (!run.parkedForPin || run.decision !== undefined) {
        return ignore(run, 'that two-step verification was turned off', NOT_FOR_A_PIN);
      }
      decide(run, 'retry', requestedBy);
    }),
    { description: 'Two-step verification was turned off at Meta.' },
  );
  setHandler(
    tryCode,
    (raw) =>
      // Not cancelled with the run: a caller who waits is to get an answer at every exit.
      CancellationScope.nonCancellable(async () => {
        const parsed = readRaw(raw, parseCode);
        if (!parsed.ok) return { verdict: 'notWaiting', reason: parsed.sentence };
        const holder = holderAgainst(run, parsed.value);
        if (holder !== undefined) {
          return { verdict: 'notWaiting', reason: heldText(holder), heldBy: holder };
        }
        return answerTo(run.submissions.add(parsed.value));
      }),
    {
      description: 'Try the code and get the verdict: { code: "123-830", submittedBy: "Ana" }.',
      validator: usableFor(parseCode),
    },
  );
  setHandler(
    claim,
    (raw) => {
      const parsed = readRaw(raw, parseClaim);
      if (!parsed.ok) return { verdict: 'ended', reason: parsed.sentence }; // refused by the validator
      const answer = claimed(run.claim, parsed.value, Date.now());
      if (answer.verdict === 'held') showClaim(run, answer.claim);
      return answer;
    },
    {
      description: 'Take the number, so that nobody else enters codes for it: { by: "Ana" }.',
      validator: usableFor(parseClaim),
    },
  );
  setHandler(
    release,
    (raw) => {
      const parsed = readRaw(raw, parseRelease);
      if (!parsed.ok) return { verdict: 'ended', reason: parsed.sentence }; // refused by the validator
      const answer = released(run.claim, parsed.value.by, Date.now());
      if (answer.verdict === 'released') showClaim(run, undefined);
      return answer;
    },
    { description: 'Give the number back: { by: "Ana" }.', validator: usableFor(parseRelease) },
  );
  setHandler(progress, () => progressOf(run), { description: 'Where the onboarding stands.' });
  // No default signal handler: the SDK drops signals of unknown names, but decodes them first where there is one.
}

function decide(run: Run, decision: Decision, by: string | undefined): void {
  run.decision = decision;
  const at = new Date().toISOString();
  run.decided = { decision, ...(by === undefined ? {} : { by }), at };
  show(run);
}

/** A validator that rejects what cannot be used, with the sentence that says so. */
function usableFor(parse: (raw: unknown) => Parsed<unknown>): (raw: RawValue) => void {
  return (raw) => {
    const parsed = readRaw(raw, parse);
    if (!parsed.ok) throw ApplicationFailure.nonRetryable(parsed.sentence, 'InvalidInput');
  };
}

/** Who holds the number, where that is not the one who submits the code. A code of the holder prolongs the claim. */
function holderAgainst(run: Run, { submittedBy }: CodeSubmission): Claim | undefined {
  const now = Date.now();
  const holder = heldByOther(run.claim, submittedBy, now);
  const own = heldByOther(run.claim, undefined, now);
  if (submittedBy !== undefined && own?.by === submittedBy) {
    const renewed = claimed(own, { by: submittedBy }, now);
    if (renewed.verdict === 'held') showClaim(run, renewed.claim);
  }
  return holder;
}

function showClaim(run: Run, claim: Claim | undefined): void {
  run.claim = claim;
  publish(run);
  show(run);
}

/** Why it changes nothing that an agent is ready. */
function uselessReadiness(run: Run): string | undefined {
  if (!codeIsOpen(run.steps)) return 'The number needs no code (any more).';
  if (run.input.startCode === 'now') return 'This run asks Meta for the code by itself.';
  if (run.steps.requestCode.state === 'done') return 'Meta was asked for the code already.';
  return undefined;
}

const NOT_TAKEN: Record<Decision, string> = {
  retry: 'The run is not parked, so there is nothing to try again.',
  accept: 'Only a run that is parked because Meta refused its PIN can be finished as it is.',
};

const NOT_FOR_A_PIN = 'The run does not wait for that.';

const DECIDED = 'Another decision came first.';
