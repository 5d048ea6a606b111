/** `docs/failures.md`, made from the verdict table, the reactions that the tests hold runs to, and what else can fail. */
import { VERDICTS, type VerdictRow, verdictRowOf } from '../../activities/graph-api/verdicts.js';
import { type FailureRow, OTHER_FAILURES } from './other-failures.js';
import { NAMED_KINDS, sentence, wordsByMoment, wordsFor } from './reaction-words.js';

const LARGEST_CODE = Number.MAX_SAFE_INTEGER;

/** The rows for codes that the table does not name. */
const UNKNOWN: [says: string, httpStatus: number][] = [
  ['any other code, where Meta calls it transient or answers HTTP 5xx', 500],
  ['any other code', 400],
];

export function failuresPage(): string {
  const rows = [
    ...VERDICTS.map((row) => metaRow(codesOf(row), row)),
    ...UNKNOWN.map(([says, httpStatus]) =>
      metaRow(
        says,
        verdictRowOf('register', {
          code: LARGEST_CODE,
          text: '',
          isTransient: false,
          httpStatus,
        }),
      ),
    ),
    ...OTHER_FAILURES,
  ];
  const table = rows.map(({ says, means, does, sees, cure }) =>
    lineOf([sentence(says).slice(0, -1), means, does, sees, cure]),
  );
  return [HEAD, ...table, '', TAIL, ...kinds(), ''].join('\n');
}

/** The kinds of answer that many codes have, moment by moment. */
function kinds(): string[] {
  return VERDICT_NAMES.flatMap((verdict) => {
    const kind = NAMED_KINDS[verdict];
    if (kind === undefined) return [];
    return [
      '',
      `## ${kind.title}`,
      '',
      '| Where | What the run does | What you see |',
      '|---|---|---|',
      ...wordsByMoment(verdict).map(({ where, does, sees }) => lineOf([where, does, sees])),
    ];
  });
}

const VERDICT_NAMES = [...new Set(VERDICTS.map(({ verdict }) => verdict))];

function metaRow(says: string, row: VerdictRow): FailureRow {
  return { says, means: capital(row.meaning), ...wordsFor(row), cure: row.advice };
}

function codesOf({ codes, subcodes, calls, says }: VerdictRow): string {
  const listed = codes.map((code) =>
    typeof code === 'number'
      ? `**${code}**`
      : code[1] >= LARGEST_CODE
        ? 'any code'
        : `**${code[0]}–${code[1]}**`,
  );
  return [
    listed.join(', '),
    ...(subcodes === undefined
      ? []
      : [`with subcode ${subcodes.map((each) => `**${each}**`).join(', ')}`]),
    ...(calls === undefined ? [] : [`to ${calls.join(', ')}`]),
    ...(says === undefined ? [] : ['where its text names the PIN']),
  ].join(' ');
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const lineOf = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const HEAD = `<!-- Made by test/faults/failures-page.ts from activities/graph-api/verdicts.ts and test/faults/reactions.ts. Change those, then:
     npx vitest run --project server test/faults/failures-page -u -->

# What can go wrong

What a run does when Meta or something around it fails, what you see of it, and what to do. \`npx wa-onboard status <id>\` shows
Meta's code and text, the cure, and until when the run waits; the Temporal UI shows the same.

- **Parks**: the run waits for you, with the cause and the cure shown. Cure it, then \`npx wa-onboard retry <id>\`. \`cancel\` undoes what
  can be undone. Where nobody decides in the time given, what can be undone is undone and the run fails, unless \`status\` says otherwise.
- **Looks**: reads the number at Meta. The first look comes before anything was done; the last one, when the PIN is stored, tells whether the
  number is live.
- **Undoing**: deregistering a number that this run has registered. The PIN is never thrown away; the next run uses it.

Find Meta's code in the first column. Beside Meta's codes, the end of the table has what can fail around them.

| Meta or the infrastructure says | Which means | What the run does | What you see | What to do |
|---|---|---|---|---|`;

const TAIL =
  'Starting an onboarding again is always safe: a run looks first, and a number that needs nothing gets nothing.';
