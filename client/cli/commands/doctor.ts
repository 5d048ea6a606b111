import { type AddCommand, examples } from '../command.js';
import type { Finding } from '../doctor.js';
import { EXIT } from '../exit-codes.js';
import { renderCheck } from '../render-check.js';

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
        for await (const finding of examine(session.configuration)) {
          findings.push(finding);
          if (session.json) continue;
          session.answer(renderCheck(finding, session.view), {});
        }
        const failed = findings.some(({ outcome }) => outcome === 'fail');
        if (session.json) session.answer([], { healthy: !failed, checks: findings });
        return failed ? EXIT.failed : EXIT.done;
      }),
    );
};
