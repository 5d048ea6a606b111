import type { Command } from 'commander';
import { InvalidInputError } from '../../errors.js';
import type { OnboardingClient } from '../../onboarding-client.js';
import { SCHEDULE_NAMES, type ScheduleName } from '../../schedules.js';
import { type AddCommand, examples, type Run } from '../command.js';
import { DAY_MS, durationOption } from '../duration-option.js';
import { EXIT } from '../exit-codes.js';
import {
  addReconcileOptions,
  type ReconcileFlags,
  reconcileInputOf,
} from '../reconcile-options.js';
import { renderLastSweep, renderSchedule } from '../render-schedules.js';
import type { Session } from '../session.js';
import { addSweepOptions, type SweepFlags, sweepInputOf } from '../sweep-options.js';
import { userName } from '../user-name.js';

/** How often a comparison may be made. */
const RECONCILE_EVERY = {
  leastMs: 3_600_000,
  mostMs: 30 * DAY_MS,
  range: 'between 1 hour and 30 days',
  example: '1d',
};

export const addSchedule: AddCommand = (program, session, run) => {
  const schedule = program
    .command('schedule')
    .summary('have PINs rotated, and numbers compared, by themselves')
    .description(
      'Have Temporal begin sweeps and comparisons by itself. Nothing is scheduled until you ask for it.',
    )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard schedule rotation --every 90d',
        'npx wa-onboard schedule reconcile --every 1d --subscribe',
        'npx wa-onboard schedule describe',
        'npx wa-onboard schedule pause rotation',
      ),
    );
  addRotation(schedule, session, run);
  addReconcile(schedule, session, run);
  addDescribe(schedule, session, run);
  for (const act of ACTS) addAct(schedule, session, run, act);
};

function addRotation(schedule: Command, session: Session, run: Run): void {
  addSweepOptions(
    schedule
      .command('rotation')
      .summary('rotate PINs when they get too old')
      .description(
        'Have PINs rotated when they get older than --every: a sweep begins every day and rotates those that are due by then, so that few are due on any day. Repeat it with other values to change it.',
      )
      .requiredOption('--every <duration>', 'how old a PIN may get, such as 90d'),
  )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard schedule rotation --every 90d',
        'npx wa-onboard schedule rotation --every "60 days" --per-minute 20 --halt-share 0.1',
      ),
    )
    .action((flags: SweepFlags & { every: string }) =>
      run(async () => {
        const input = sweepInputOf(flags, { option: '--every', text: flags.every });
        return session.withClient(async (client) => {
          await client.schedules.set('rotation', input);
          const described = await client.schedules.describe('rotation');
          session.tell(
            [
              `Scheduled: it looks every day, and rotates the PINs that are older than ${input.age} by then.`,
              ...(described?.paused
                ? ['It is paused: npx wa-onboard schedule resume rotation']
                : []),
              'See it:   npx wa-onboard schedule describe rotation',
            ],
            { scheduled: true, ...(described ?? { name: 'rotation', input }) },
          );
          return EXIT.done;
        });
      }),
    );
}

function addReconcile(schedule: Command, session: Session, run: Run): void {
  addReconcileOptions(
    schedule
      .command('reconcile')
      .summary('compare Meta, the PIN store and the runs')
      .description(
        'Have Meta’s list of numbers compared with the PIN store and the open runs every so often, as "reconcile" does it. What is found is notified. Repeat it with other values to change it.',
      )
      .requiredOption('--every <duration>', 'how often, such as 1d'),
  )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard schedule reconcile --every 1d',
        'npx wa-onboard schedule reconcile --every "12 hours" --subscribe --reregister',
      ),
    )
    .action((flags: ReconcileFlags & { every: string }) =>
      run(async () => {
        const every = durationOption('--every', flags.every, RECONCILE_EVERY);
        const input = reconcileInputOf(flags);
        return session.withClient(async (client) => {
          await client.schedules.set('reconcile', { ...input, every });
          const described = await client.schedules.describe('reconcile');
          session.tell(
            [
              `Scheduled: numbers, PIN store and runs are compared every ${every}.`,
              ...(described?.paused
                ? ['It is paused: npx wa-onboard schedule resume reconcile']
                : []),
              'See it:   npx wa-onboard schedule describe reconcile',
            ],
            { scheduled: true, ...(described ?? { name: 'reconcile', input }) },
          );
          return EXIT.done;
        });
      }),
    );
}

function addDescribe(schedule: Command, session: Session, run: Run): void {
  schedule
    .command('describe')
    .summary('show what is scheduled, and when it is next')
    .description(
      'Show what is scheduled, when it is next, and how the newest sweep went; without a name, both. Exit code: 0 shown; 3 the one that was named is not scheduled.',
    )
    .argument('[name]', SCHEDULE_NAMES.join(' or '))
    .addHelpText('after', examples('npx wa-onboard schedule describe'))
    .action((given: string | undefined) =>
      run(async () => {
        const names = given === undefined ? SCHEDULE_NAMES : [nameOf(given)];
        return session.withClient(async (client) => {
          const found = await Promise.all(
            names.map(async (name) => ({
              name,
              schedule: await client.schedules.describe(name),
            })),
          );
          const sweep = names.includes('rotation') ? await client.sweep() : undefined;
          const { view } = session;
          const lines = found.flatMap(({ name, schedule }, index) => [
            ...(index === 0 ? [] : ['']),
            ...renderSchedule(name, schedule, view),
            ...(name === 'rotation' ? renderLastSweep(sweep, view) : []),
          ]);
          session.answer(lines, {
            schedules: found.map(({ name, schedule }) => ({
              name,
              scheduled: schedule !== undefined,
              ...schedule,
            })),
            ...(sweep === undefined ? {} : { lastSweep: sweep }),
          });
          const missing = given !== undefined && found[0]?.schedule === undefined;
          return missing ? EXIT.notFound : EXIT.done;
        });
      }),
    );
}

/** What may be done to a schedule. */
interface Act {
  name: 'pause' | 'resume' | 'remove' | 'run';
  summary: string;
  description: string;
  told(name: ScheduleName): string[];
  act(client: OnboardingClient, name: ScheduleName): Promise<void>;
}

const ACTS: readonly Act[] = [
  {
    name: 'pause',
    summary: 'begin nothing until it is resumed',
    description: 'Pause a schedule: it begins nothing until it is resumed. What runs goes on.',
    told: (name) => [
      `The schedule ${name} is paused; what runs goes on.`,
      `Go on:   npx wa-onboard schedule resume ${name}`,
    ],
    act: (client, name) => client.schedules.pause(name, `paused by ${userName() ?? 'somebody'}`),
  },
  {
    name: 'resume',
    summary: 'let a paused schedule go on',
    description: 'Let a paused schedule go on.',
    told: (name) => [`The schedule ${name} goes on.`],
    act: (client, name) => client.schedules.resume(name),
  },
  {
    name: 'remove',
    summary: 'take a schedule away',
    description: 'Take a schedule away. What runs goes on.',
    told: (name) => [`The schedule ${name} is removed; what runs goes on.`],
    act: (client, name) => client.schedules.remove(name),
  },
  {
    name: 'run',
    summary: 'do now what is scheduled',
    description: 'Do now what is scheduled, beside the times it has.',
    told: (name) => [
      `The schedule ${name} begins one now.`,
      name === 'rotation'
        ? 'See how far it is:   npx wa-onboard sweep'
        : 'What is found is notified; "npx wa-onboard reconcile" shows it here.',
    ],
    act: (client, name) => client.schedules.runNow(name),
  },
];

function addAct(schedule: Command, session: Session, run: Run, act: Act): void {
  schedule
    .command(act.name)
    .summary(act.summary)
    .description(`${act.description} Exit code: 0 done; 3 it is not scheduled.`)
    .argument('<name>', SCHEDULE_NAMES.join(' or '))
    .addHelpText('after', examples(`npx wa-onboard schedule ${act.name} rotation`))
    .action((given: string) =>
      run(async () => {
        const name = nameOf(given);
        return session.withClient(async (client) => {
          await act.act(client, name);
          session.tell(act.told(name), { name, done: act.name });
          return EXIT.done;
        });
      }),
    );
}

function nameOf(given: string): ScheduleName {
  const name = SCHEDULE_NAMES.find((known) => known === given.toLowerCase());
  if (name !== undefined) return name;
  throw new InvalidInputError(`The schedule must be ${SCHEDULE_NAMES.join(' or ')}.`);
}
