import { createLogUpdate } from 'log-update';
import type { OnboardingClient } from '../onboarding-client.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { EXIT, type ExitCode, exitCodeOfStatus } from './exit-codes.js';
import { renderChanges } from './render-changes.js';
import { renderStatus } from './render-status.js';
import type { Session } from './session.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 120;

/**
 * Show an onboarding until it ends: a moving picture in a terminal, lines of changes in a pipe, one JSON document per
 * change with `--json`.
 *
 * @returns the exit code of how it ended
 */
export async function follow(
  session: Session,
  client: OnboardingClient,
  phoneNumberId: string,
): Promise<ExitCode> {
  const show = session.json
    ? printDocuments(session)
    : session.terminal.stdout.isTTY
      ? movingPicture(session)
      : printChanges(session);
  let code: ExitCode = EXIT.failed;
  try {
    for await (const status of client.watch(phoneNumberId)) {
      show.next(status);
      code = exitCodeOfStatus(status);
    }
  } finally {
    show.end();
  }
  return code;
}

/**
 * The same, until a status is as wished. With `--json` nothing is printed: the caller has one document to print.
 *
 * @returns the last status
 */
export async function followUntil(
  session: Session,
  client: OnboardingClient,
  phoneNumberId: string,
  wished: (status: OnboardingStatus) => boolean,
): Promise<OnboardingStatus> {
  const show = session.json
    ? NO_SHOW
    : session.terminal.stdout.isTTY
      ? movingPicture(session)
      : printChanges(session);
  let last: OnboardingStatus | undefined;
  try {
    for await (const status of client.watch(phoneNumberId)) {
      show.next(status);
      last = status;
      if (wished(status)) break;
    }
  } finally {
    show.end();
  }
  return last ?? client.status(phoneNumberId);
}

interface Show {
  next(status: OnboardingStatus): void;
  end(): void;
}

const NO_SHOW: Show = { next: () => {}, end: () => {} };

function printDocuments(session: Session): Show {
  return { next: (status) => session.answer([], status), end: () => {} };
}

function printChanges(session: Session): Show {
  let before: OnboardingStatus | undefined;
  return {
    next(status) {
      session.answer(renderChanges(before, status, session.view), status);
      before = status;
    },
    end: () => {},
  };
}

/** Redrawn from what is known already, so that times run on without asking anything of Temporal. */
function movingPicture(session: Session): Show {
  const update = createLogUpdate(session.terminal.stdout as NodeJS.WriteStream);
  let latest: OnboardingStatus | undefined;
  let frame = 0;
  const draw = () => {
    if (latest === undefined) return;
    frame += 1;
    const runningMark = FRAMES[frame % FRAMES.length] ?? '●';
    update(renderStatus(latest, { ...session.view, runningMark }).join('\n'));
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    next(status) {
      latest = status;
      draw();
    },
    end() {
      clearInterval(timer);
      update.done();
    },
  };
}
