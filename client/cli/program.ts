import { Command, CommanderError } from 'commander';
import type { AddCommand, Run } from './command.js';
import { addAccept } from './commands/accept.js';
import { addCancel } from './commands/cancel.js';
import { addCode } from './commands/code.js';
import { addDoctor } from './commands/doctor.js';
import { addExtend } from './commands/extend.js';
import { addList } from './commands/list.js';
import { addNumber } from './commands/number.js';
import { addOffboard } from './commands/offboard.js';
import { addPin } from './commands/pin.js';
import { addReady } from './commands/ready.js';
import { addReconcile } from './commands/reconcile.js';
import { addReregister } from './commands/reregister.js';
import { addResend } from './commands/resend.js';
import { addRetry } from './commands/retry.js';
import { addRotate } from './commands/rotate.js';
import { addSchedule } from './commands/schedule.js';
import { addSetup } from './commands/setup.js';
import { addStart } from './commands/start.js';
import { addStatus } from './commands/status.js';
import { addSweep } from './commands/sweep.js';
import { addToken } from './commands/token.js';
import { addWatch } from './commands/watch.js';
import { EXIT, EXIT_CODES_HELP, type ExitCode } from './exit-codes.js';
import { isPromptInterrupt } from './hidden-prompt.js';
import { hideSixDigits, oneSentence } from './sentences.js';
import { Session, type Terminal } from './session.js';
import { packageVersion } from './version.js';
import { wrap } from './wrap.js';

const COMMANDS: readonly AddCommand[] = [
  addStart,
  addCode,
  addStatus,
  addWatch,
  addList,
  addReady,
  addResend,
  addExtend,
  addRetry,
  addAccept,
  addCancel,
  addNumber,
  addRotate,
  addSweep,
  addSchedule,
  addReconcile,
  addReregister,
  addOffboard,
  addPin,
  addToken,
  addSetup,
  addDoctor,
];

/**
 * Run the command line.
 *
 * @param args the arguments after the program's name
 * @returns the exit code; everything was printed
 */
export async function runCommandLine(args: string[], terminal: Terminal): Promise<ExitCode> {
  const session = new Session(terminal, asksForJson(args));
  let exitCode: ExitCode = EXIT.done;
  const run: Run = async (work) => {
    exitCode = await work();
  };
  const program = createProgram(session, run);
  try {
    if (args.length === 0) {
      terminal.stderr.write(program.helpInformation());
      return EXIT.usage;
    }
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usageError(error, program, args, session);
    if (isPromptInterrupt(error)) return EXIT.interrupted;
    return session.fail(error);
  }
}

const NUMBER_HELP =
  'A number is named by Meta’s phone number id, digits only; WA_PHONE_NUMBER_ID is the default.';

function createProgram(session: Session, run: Run): Command {
  const program = new Command('wa-onboard')
    .description('Onboard WhatsApp Business phone numbers, and keep their PINs right.')
    .version(packageVersion(), '--version', 'print the version of this package')
    .option('--json', 'print JSON for programs, errors too, on standard output')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => session.terminal.stdout.write(text),
      writeErr: () => {}, // one sentence is composed from the error instead
      getOutHelpWidth: () => session.columns,
      getErrHelpWidth: () => session.columns,
    })
    .exitOverride()
    .addHelpText(
      'after',
      [
        '',
        ...wrap(NUMBER_HELP, session.columns),
        ...wrap(EXIT_CODES_HELP, session.columns),
        '',
      ].join('\n'),
    );
  for (const add of COMMANDS) add(program, session, run);
  return program;
}

function usageError(
  error: CommanderError,
  program: Command,
  args: string[],
  session: Session,
): ExitCode {
  if (error.exitCode === 0) return EXIT.done; // help was asked for and printed
  const { path, command } = commandIn(program, args);
  const sentence =
    error.code === 'commander.help'
      ? `Say what to do after "${path.trim()}": ${command.commands.map((each) => each.name()).join(', ')}`
      : hideSixDigits(oneSentence(error)).replace(/\.$/, '');
  const usage = new CommanderError(
    EXIT.usage,
    error.code,
    `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. See "npx wa-onboard${path} --help".`,
  );
  usage.name = 'UsageError';
  return session.fail(usage, EXIT.usage);
}

/** The command that the arguments name, as far as there is one, and its name with those above it. */
function commandIn(program: Command, args: string[]): { path: string; command: Command } {
  let command = program;
  let path = '';
  for (const arg of args.filter((given) => !given.startsWith('-'))) {
    const found = command.commands.find((known) => known.name() === arg);
    if (found === undefined) break;
    command = found;
    path += ` ${arg}`;
  }
  return { path, command };
}

function asksForJson(args: string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}
