/** What `npm start` tells a person, in 80 columns. Pure. */
import { relative } from 'node:path';
import type { createColors } from 'picocolors';
import type { Configuration } from '../configuration/configuration.js';
import type { CodeSent } from '../simulator/simulator.js';
import type { Stack } from '../worker/embedded-stack.js';
import { TASK_QUEUE } from '../workflows/messages.js';

type Colors = ReturnType<typeof createColors>;

const LABEL_WIDTH = 11;

/** A number that the simulator makes up when it is first asked for. */
const EXAMPLE_ID = '106540352242922';

/** What the summary tells of a stack. */
export interface RunningStack {
  temporal: Stack['temporal'];
  graphBaseUrl: string;
  onSimulator: boolean;
  /** Name of the PIN store. */
  pinStore: string;
  /** Where the HTTP API and the console are, where they are served. */
  apiUrl?: string;
}

export function startupSummary(
  stack: RunningStack,
  configuration: Configuration,
  cwd: string,
  colors: Colors,
): string[] {
  const { temporal, onSimulator, graphBaseUrl, pinStore, apiUrl } = stack;
  const near = (path: string) => relative(cwd, path) || '.';
  const row = (label: string, ...lines: string[]) =>
    lines.map(
      (line, index) => `  ${colors.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))} ${line}`,
    );
  const { callsPerHour } = configuration.graph;
  const cap =
    callsPerHour === undefined
      ? []
      : [colors.dim(`at most ${callsPerHour} calls per hour: GRAPH_API_CALLS_PER_HOUR`)];
  const id = configuration.phoneNumberId ?? EXAMPLE_ID;
  return [
    '',
    `  ${colors.bold('WhatsApp number onboarding is running')}`,
    '',
    ...(temporal.embedded
      ? row(
          'Temporal',
          temporal.address,
          colors.dim(`kept in ${near(configuration.stateDir)}/temporal.db`),
        )
      : row('Temporal', temporal.address)),
    ...(temporal.uiUrl === undefined ? [] : row('Web UI', colors.cyan(temporal.uiUrl))),
    ...(!onSimulator
      ? row(
          'Graph API',
          `${graphBaseUrl}/${configuration.graph.version}`,
          ...cap,
          ...(tokenWasChecked(configuration)
            ? []
            : [colors.dim('token not checked: set WA_BUSINESS_ACCOUNT_ID')]),
        )
      : row(
          'Graph API',
          `simulator at ${graphBaseUrl}`,
          colors.dim('no number is real: CLOUD_API_ACCESS_TOKEN is not set'),
          ...cap,
        )),
    ...row(
      'PIN store',
      configuration.pinStore.kind === 'local'
        ? `local, in ${near(configuration.pinStore.dir)}`
        : pinStore,
    ),
    ...row('Worker', `task queue ${TASK_QUEUE}, namespace ${temporal.namespace}`),
    ...(apiUrl === undefined
      ? []
      : row('Console', colors.cyan(apiUrl), colors.dim(whoMaySignIn(configuration)))),
    ...(apiUrl === undefined ? [] : row('HTTP API', `${apiUrl}/docs`)),
    '',
    '  In a second terminal, onboard a number and hand over its code:',
    '',
    `    ${colors.green(`npx wa-onboard start ${id} --watch`)}`,
    `    ${colors.green(`npx wa-onboard code ${id}`)}`,
    '',
    onSimulator
      ? '  The code is shown here as its SIM holder sees it. Ctrl-C stops.'
      : '  Meta sends the code to the SIM holder. Ctrl-C stops; onboardings go on later.',
    '',
  ];
}

function whoMaySignIn({ api: { jwks } }: Configuration): string {
  return jwks === undefined
    ? 'sign in with: npx wa-onboard token --for ana --role operator'
    : `sign in with a token of ${jwks.issuer}`;
}

/** Without the id of a number or an account there is nothing to ask Meta for at the start. */
function tokenWasChecked({ phoneNumberId, wabaId }: Configuration): boolean {
  return phoneNumberId !== undefined || wabaId !== undefined;
}

/** The message on the SIM holder's telephone. */
export function codeLine(sent: CodeSent, at: Date, colors: Colors): string {
  const way = sent.method === 'SMS' ? 'SMS to' : 'Call to';
  return `  ${colors.dim(at.toISOString().slice(11, 19))}  ${way} ${sent.phoneNumberId}: ${colors.bold(sent.text)}`;
}
