import { type AddCommand, examples } from '../command.js';
import type { Finding } from '../doctor.js';
import { EXIT } from '../exit-codes.js';
import { hang } from '../wrap.js';

export const addDoctor: AddCommand = (program, session, run) => {
  program
    .command('doctor')
    .summary('check everything an onboarding needs')
    .description(
      'Check Temporal, the Graph API, the PIN store and the clock, and say how to cure what is wrong. It only reads. With WA_PHONE_NUMBER_ID and WA_BUSINESS_ACCOUNT_ID set it checks permissions too. Exit code: 0 nothing failed, 1 something did.',
    )
    .addHelpText('after', examples('npx wa-onboard doctor', 'npx wa-onboard doctor --json'))
    .action(() =>
      run(async () => {
        const { examine } = await import('../doctor.js');
        const findings: Finding[] = [];
        const { colors } = session.view;
        const marks = { ok: colors.green('✔'), warn: colors.yellow('!'), fail: colors.red('✖') };
        for await (const finding of examine(session.configuration)) {
          findings.push(finding);
          if (session.json) continue;
          const { outcome, check, text, cure } = finding;
          const { columns } = session;
          const blank = ' '.repeat(TEXT_AT);
          session.answer(
            [
              ...hang(`${marks[outcome]} ${check.padEnd(CHECK_WIDTH)} `, TEXT_AT, text, columns),
              ...(cure === undefined
                ? []
                : hang(`${blank}${colors.dim('→')} `, TEXT_AT + 2, cure, columns)),
            ],
            {},
          );
        }
        const failed = findings.some(({ outcome }) => outcome === 'fail');
        if (session.json) session.answer([], { healthy: !failed, checks: findings });
        return failed ? EXIT.failed : EXIT.done;
      }),
    );
};

const CHECK_WIDTH = 18;
/** The mark, a blank, the check, a blank. */
const TEXT_AT = 2 + CHECK_WIDTH + 1;
