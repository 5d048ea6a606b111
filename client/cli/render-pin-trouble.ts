import type { Finding } from './doctor.js';
import type { PinVerdict } from './pin-trouble.js';
import { renderCheck } from './render-check.js';
import { instantAndAge } from './time-text.js';
import type { View } from './view.js';
import { DEFAULT_COLUMNS, hang, wrap } from './wrap.js';

/** What was looked at, what is wrong, and what to do and type. */
export function renderPinTrouble(
  phoneNumberId: string,
  findings: Finding[],
  { verdict, text, ways, commands, notBefore }: PinVerdict,
  view: View,
): string[] {
  const { colors, columns = DEFAULT_COLUMNS, now } = view;
  const paint = verdict === 'inOrder' ? colors.green : colors.yellow;
  return [
    colors.bold(`The PIN of ${phoneNumberId}`),
    '',
    ...findings.flatMap((finding) => renderCheck(finding, view)),
    '',
    ...wrap(text, columns).map(paint),
    '',
    ...ways.flatMap((way, index) =>
      hang(ways.length === 1 ? '' : `${index + 1}. `, ways.length === 1 ? 0 : 3, way, columns),
    ),
    ...(notBefore === undefined ? [] : [`Not before ${instantAndAge(notBefore, now)}.`]),
    '',
    ...commands.map((command) => `  ${command}`),
    '',
    ...wrap('Each of these may be repeated.', columns).map(colors.dim),
  ];
}
