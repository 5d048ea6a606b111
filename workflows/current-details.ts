/** The run as Markdown, for the Temporal UI. Pure. */
import type {
  Decision,
  OnboardingProgress,
  OnboardingStage,
  ParkExpiry,
  StepName,
  StepState,
} from './messages.js';

export const STEP_TITLES: Record<StepName, string> = {
  register: 'Register',
  requestCode: 'Request code',
  awaitCode: 'Wait for the code',
  verifyCode: 'Verify code',
  setTwoStepPin: 'Set two-step verification',
  storePin: 'Store the PIN',
};

const STAGE_TITLES: Record<OnboardingStage, string> = {
  Preparing: 'preparing',
  Registering: 'registering',
  AwaitingAgent: 'waiting for an agent who is ready for the code',
  AwaitingCode: 'waiting for the code',
  Securing: 'setting and storing the PIN',
  Parked: 'parked, waiting for an operator',
  Compensating: 'undoing',
  Live: 'finished',
  Offboarded: 'deregistered',
  Failed: 'failed',
};

const SIGNALS: Record<Decision, string> = {
  retry: 'Signal `retry` to have it tried again.',
  accept: 'Signal `accept` to finish with the number as it is, its PIN unconfirmed.',
};

/** The end of a park that nobody decided on, as it goes on after the instant. */
export const EXPIRY_TEXTS: Record<ParkExpiry, string> = {
  compensate: 'then what can be undone is undone, and it fails',
  accept: 'then it finishes with the PIN unconfirmed',
  alertAgain: 'then it reminds and waits on, since Meta has the PIN already',
};

const MARKS: Record<StepState, string> = {
  pending: '○',
  running: '◐',
  done: '●',
  skipped: '–',
  deferred: '↷',
  compensated: '↺',
  failed: '✕',
};

/** Times of day in UTC, to the second; a moment has its date as well. */
const time = (iso: string | undefined) => iso?.slice(11, 19) ?? '';
const moment = (iso: string) => `${iso.slice(0, 10)} ${time(iso)} UTC`;
/** Text of people or of Meta, shown as it is: no markup of its own, on one line. */
const plain = (text: string) => text.replaceAll(/[\\`*_[\]<>|!#]/g, '\\$&').replaceAll(/\s+/g, ' ');

function numberLines(number: OnboardingProgress['number']): string[] {
  const { lastDigits, businessName } = number ?? {};
  const parts = [
    ...(businessName === undefined ? [] : [plain(businessName)]),
    ...(lastDigits === undefined ? [] : [`•••• ${plain(lastDigits)}`]),
  ];
  return parts.length === 0 ? [] : [parts.join(' · '), ''];
}

export function currentDetails(progress: OnboardingProgress): string {
  const {
    phoneNumberId,
    stage,
    label,
    steps,
    waiting,
    code,
    problem,
    decided,
    ignored,
    compensation,
    claim,
    number,
  } = progress;
  const lines = [
    `### ${plain(label ?? phoneNumberId)} · ${STAGE_TITLES[stage]}`,
    '',
    ...numberLines(number),
    '| Step | State | From (UTC) | To (UTC) | Why |',
    '|---|---|---|---|---|',
    ...steps.map(
      (step) =>
        `| ${MARKS[step.state]} ${STEP_TITLES[step.name]} | ${step.state} | ${time(step.startedAt)} | ${time(step.endedAt)} | ${plain(step.reason ?? '')} |`,
    ),
  ];
  if (waiting !== undefined) {
    lines.push('', `**Waiting for** ${waiting.for}, until ${moment(waiting.until)}.`);
    if (waiting.cure !== undefined) lines.push('', `**What to do** ${plain(waiting.cure)}`);
    if (waiting.decisions !== undefined) {
      lines.push('', `**Then** ${waiting.decisions.map((each) => SIGNALS[each]).join(' ')}`);
    }
    if (waiting.onExpiry !== undefined) {
      const end = `until ${moment(waiting.until)}, ${EXPIRY_TEXTS[waiting.onExpiry]}`;
      lines.push('', `**If nobody decides** ${end}.`);
    }
    if (waiting.reminder !== undefined) lines.push('', `**Reminder** ${waiting.reminder}.`);
  }
  if (code !== undefined) {
    const asked = code.maybe ? 'may have been sent' : 'sent';
    const forWhom = code.requestedBy === undefined ? '' : ` for ${plain(code.requestedBy)}`;
    lines.push(
      '',
      `**Code** ${asked} by ${code.method === 'SMS' ? 'SMS' : 'call'}${forWhom} at ${time(code.sentAt)} UTC, good until about ${time(code.expiresAt)} UTC; ${code.sentCount} asked for, ${code.refusedCount} refused; a new one may be asked for from ${moment(code.nextSendAt)}.`,
    );
    const submissions = (code.submissions ?? []).map(
      ({ by, at, verdict }) => `- ${time(at)} UTC: ${verdict}, from ${plain(by ?? 'somebody')}`,
    );
    if (submissions.length > 0) lines.push('', '**Submitted**', '', ...submissions);
  }
  if (claim !== undefined) {
    const { by, until, takenFrom } = claim;
    const from =
      takenFrom === undefined ? '' : `, from ${plain(takenFrom.by)}: ${plain(takenFrom.reason)}`;
    lines.push('', `**Taken** by ${plain(by)} until ${moment(until)}${from}`);
  }
  if (problem !== undefined) {
    const codes = [problem.code, problem.subcode].filter((part) => part !== undefined).join('/');
    lines.push('', `**Problem** ${plain(problem.text)}${codes === '' ? '' : ` (${codes})`}`);
    if (problem.advice !== waiting?.cure) lines.push('', plain(problem.advice));
    if (problem.fbtraceId !== undefined) lines.push('', `fbtrace\\_id ${plain(problem.fbtraceId)}`);
  }
  if (decided !== undefined) {
    const { decision, by, at } = decided;
    lines.push('', `**Decided** ${decision} at ${moment(at)}, by ${plain(by ?? 'somebody')}`);
  }
  if (ignored !== undefined) {
    const { message, at, reason } = ignored;
    lines.push('', `**Ignored** ${message} at ${time(at)} UTC: ${plain(reason)}`);
  }
  if (compensation !== undefined) {
    const told = [
      ...compensation.undone.map((what) => `- ${plain(what)}`),
      ...compensation.notUndone.map((what) => `- Not undone: ${plain(what)}`),
    ];
    if (told.length > 0) lines.push('', '**Undoing**', '', ...told);
  }
  return lines.join('\n');
}
