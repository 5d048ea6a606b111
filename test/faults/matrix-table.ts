/** The fault matrix as text: what was seen of every cell. Pure. */
import type { Cell, Seen } from './cells.js';
import { FAULTS, type FaultName, FORMS, type Form, STEPS, type Step } from './expected.js';

/** A cell that was run; `seen` is missing where its run came to no end. */
export interface CellReport extends Cell {
  seen?: Seen;
  /** As written down before, every invariant held. */
  passed: boolean;
}

const FAULT_TITLES: Record<FaultName, string> = {
  executedTimeout: 'done, timed out',
  executedReset: 'done, reset',
  timeout: 'timed out',
  reset: 'reset',
  brokenJson: 'done, broken JSON',
  html502: 'HTML 502',
  successFalse: 'success:false',
};

const STEP_TITLES: Record<Step, string> = {
  read: 'read',
  register: 'register',
  requestCode: 'request code',
  verifyCode: 'verify code',
  setPin: 'set PIN',
  deregister: 'deregister',
  stage: 'stage',
  promote: 'promote',
};

const FORM_TITLES: Record<Form, string> = { once: 'once', again: 'on and on' };

const COLUMN = 16;

/** One table: a row for each step and form, a column for each fault. */
export function matrixTable(reports: readonly CellReport[]): string {
  const rule = ['', ...FAULTS].map(() => '-'.repeat(COLUMN)).join('+');
  const lines = [row(['step, fault', ...FAULTS.map((fault) => FAULT_TITLES[fault])]), rule];
  for (const step of STEPS) {
    for (const form of FORMS) {
      const cells = FAULTS.map((fault) => {
        const report = reports.find(
          (each) => each.step === step && each.form === form && each.fault === fault,
        );
        return report === undefined ? 'not run' : cellText(report);
      });
      lines.push(row([`${STEP_TITLES[step]}, ${FORM_TITLES[form]}`, ...cells]), rule);
    }
  }
  const passed = reports.filter((report) => report.passed).length;
  return [
    ...lines,
    `${passed} of ${STEPS.length * FORMS.length * FAULTS.length} cells ended as written in test/faults/expected.ts, every invariant held.`,
    '"read between": the number was read each time before the request was sent again.',
    'On and on: three times, or until an operator mends it; two times where a request waits for its answer.',
  ].join('\n');
}

function cellText({ step, passed, seen }: CellReport): string {
  if (seen === undefined) return 'FAILED: no end';
  const requests = seen.requests.replaceAll('!', '').split(' ');
  const sent = requests.filter((request) => request === step).length;
  const between = sent > 1 && step !== 'read' && requests.includes('read');
  const times = TIMES[step] ?? 'sent';
  const shown = [
    seen.ends,
    `${times} ${sent}×${between ? ', read between' : ''}`,
    ...(seen.shows === undefined ? [] : [seen.shows]),
  ].join('; ');
  return [...(passed ? [] : ['FAILED:']), shown, ...seen.broken].join(' ');
}

/** Of what is not sent to change something at Meta, the calls that failed. */
const TIMES: Partial<Record<Step, string>> = {
  read: 'failed',
  stage: 'failed',
  promote: 'failed',
};

/** Cells side by side, each wrapped to its column. */
function row(cells: readonly string[]): string {
  const columns = cells.map((cell) => wrapped(cell, COLUMN - 2));
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    columns.map((column) => ` ${column[line] ?? ''}`.padEnd(COLUMN)).join('|'),
  ).join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
