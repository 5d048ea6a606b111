import type { Finding } from './doctor.js';
import type { View } from './view.js';
import { DEFAULT_COLUMNS, hang } from './wrap.js';

const CHECK_WIDTH = 18;
/** The mark, a blank, the check, a blank. */
const TEXT_AT = 2 + CHECK_WIDTH + 1;

/** What a check found, and below it what to do. */
export function renderCheck({ outcome, check, text, cure }: Finding, view: View): string[] {
  const { colors, columns = DEFAULT_COLUMNS } = view;
  const marks = { ok: colors.green('✔'), warn: colors.yellow('!'), fail: colors.red('✖') };
  const blank = ' '.repeat(TEXT_AT);
  return [
    ...hang(`${marks[outcome]} ${check.padEnd(CHECK_WIDTH)} `, TEXT_AT, text, columns),
    ...(cure === undefined ? [] : hang(`${blank}${colors.dim('→')} `, TEXT_AT + 2, cure, columns)),
  ];
}
