import type { Finding, FindingKind, ReconcileReport } from '../../workflows/messages.js';
import { instantAndAge } from './time-text.js';
import type { Paint, View } from './view.js';
import { DEFAULT_COLUMNS, wrap } from './wrap.js';

/** How soon somebody should look. */
type Gravity = 'now' | 'soon' | 'whenYouCan';

const GRAVITIES: Record<FindingKind, Gravity> = {
  numberWithoutPin: 'now',
  recordUnreadable: 'now',
  pinStale: 'now',
  restricted: 'now',
  appNotSubscribed: 'now',
  notCompared: 'now',
  disconnected: 'soon',
  notVerified: 'soon',
  nameChanged: 'soon',
  pendingOld: 'soon',
  neverConfirmed: 'whenYouCan',
  pinOld: 'whenYouCan',
  pinWithoutNumber: 'whenYouCan',
};

const HEADINGS: Record<Gravity, string> = {
  now: 'Needs somebody now',
  soon: 'Needs somebody soon',
  whenYouCan: 'When there is time',
};

const TITLES: Record<FindingKind, string> = {
  numberWithoutPin: 'no PIN known',
  pinWithoutNumber: 'PIN without number',
  notVerified: 'not verified',
  disconnected: 'disconnected',
  restricted: 'restricted',
  appNotSubscribed: 'no webhooks',
  pendingOld: 'PIN not promoted',
  pinOld: 'PIN too old',
  neverConfirmed: 'PIN unconfirmed',
  pinStale: 'PIN changed outside',
  nameChanged: 'new display name',
  recordUnreadable: 'record unreadable',
  notCompared: 'not compared',
};

/** What was compared, and what was found, the gravest first. */
export function renderFindings(report: ReconcileReport, view: View): string[] {
  const { colors, columns = DEFAULT_COLUMNS } = view;
  const { numbers, records, openRuns } = report.compared;
  const open = report.findings.filter(({ cured }) => cured !== true);
  const cured = report.findings.filter((finding) => finding.cured === true);
  return [
    `${colors.bold(`Account ${report.wabaId}`)} · ${
      open.length > 0
        ? colors.yellow(counted(open.length, 'finding'))
        : numbers === 0
          ? colors.yellow('Meta lists no number: is this the account?')
          : colors.green('nothing to do')
    }`,
    ...wrap(
      `compared ${counted(numbers, 'number')}, ${counted(records, 'PIN record')} and ${counted(openRuns, 'open run')} at ${instantAndAge(report.at, view.now)}`,
      columns,
    ).map(colors.dim),
    ...(Object.keys(HEADINGS) as Gravity[]).flatMap((gravity) => {
      const of = open.filter(({ kind }) => GRAVITIES[kind] === gravity);
      return of.length === 0
        ? []
        : [
            '',
            colors.bold(HEADINGS[gravity]),
            ...of.flatMap((each) => entry(each, PAINTS[gravity](view), view)),
          ];
    }),
    ...(cured.length === 0
      ? []
      : [
          '',
          colors.bold('Cured now'),
          ...cured.flatMap((each) => entry(each, colors.green, view)),
        ]),
  ];
}

/** Findings that wait for somebody. */
export function openFindings(report: ReconcileReport): number {
  return report.findings.filter(({ cured }) => cured !== true).length;
}

const PAINTS: Record<Gravity, (view: View) => Paint> = {
  now: ({ colors }) => colors.red,
  soon: ({ colors }) => colors.yellow,
  whenYouCan: ({ colors }) => colors.cyan,
};

const ID_WIDTH = 18;
const INDENT = '      ';

function entry(finding: Finding, paint: Paint, view: View): string[] {
  const { colors, columns = DEFAULT_COLUMNS } = view;
  const { kind, phoneNumberId, label, text, cure, cured } = finding;
  const width = columns - INDENT.length - 2;
  return [
    `  ${(phoneNumberId ?? 'account').padEnd(ID_WIDTH)}${paint(TITLES[kind])}${label === undefined ? '' : ` · ${label}`}`,
    ...wrap(text, width).map((line) => `${INDENT}${line}`),
    ...(cured === true
      ? []
      : wrap(cure, width).map(
          (line, index) => `${INDENT}${index === 0 ? colors.dim('→') : ' '} ${line}`,
        )),
  ];
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
