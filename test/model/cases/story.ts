/** What happened in a case, line by line, for whoever has to find out why it failed. */
import type { Job, Command as SdkCommand } from '../driver/sdk-types.js';
import type { NumberRun } from '../driver/temporal.js';
import type { OpenScene } from './open-scene.js';

/** The case's requests, PIN store calls aside, and all that went in and out of its runs, in order of time. */
export function storyOf({ temporal, meta, time, told }: OpenScene): string {
  const lines = [
    ...told,
    ...meta.requests.map(({ sentAt, endpoint, attempt, entry, answer, endedAt }) => ({
      at: sentAt,
      what: `  request ${endpoint} by ${attempt?.activityType}#${attempt?.number}${
        attempt?.isLocal ? ' (local)' : ''
      }: ${answer?.status ?? 'no answer'} ${entry?.errorCode ?? ''} ${entry?.executed ? 'executed' : ''} ${
        entry?.faults?.join() ?? ''
      } until ${endedAt === undefined ? 'now' : `+${endedAt - sentAt} ms`}`,
    })),
    ...temporal.runs.flatMap(linesOfRun),
  ].sort((a, b) => a.at - b.at);
  return [...lines, { at: time.now(), what: 'now' }]
    .map(({ at, what }) => `${new Date(at).toISOString().slice(5, 23)} ${what}`)
    .join('\n');
}

function linesOfRun(run: NumberRun, index: number): { at: number; what: string }[] {
  const name = `run ${index + 1}`;
  return [
    ...run.committed.map(({ activation, commands, at }) => ({
      at,
      what: `${name}: ${(activation.jobs ?? []).map(jobText).join(', ')} → ${
        commands.map(commandText).join(', ') || 'nothing'
      }`,
    })),
    ...(run.closedAt === undefined
      ? []
      : [{ at: run.closedAt, what: `${name} ended: ${run.end?.kind}` }]),
  ];
}

function jobText({ resolveActivity, signalWorkflow, doUpdate, ...other }: Job): string {
  if (resolveActivity?.result) {
    const { completed, failed, backoff } = resolveActivity.result;
    const cause = failed?.failure?.cause;
    const how = completed
      ? 'done'
      : backoff
        ? 'backs off'
        : (cause?.applicationFailureInfo?.type ?? cause?.message ?? 'cancelled');
    return `activity ${resolveActivity.seq} ${how}`;
  }
  if (signalWorkflow) return `signal ${signalWorkflow.signalName}`;
  if (doUpdate) return `update ${doUpdate.name}`;
  return Object.keys(other)[0] ?? 'nothing';
}

function commandText(command: SdkCommand): string {
  const { scheduleActivity: ordinary, scheduleLocalActivity: local, startTimer } = command;
  if (ordinary) return `${ordinary.activityType} (${ordinary.seq})`;
  if (local) return `${local.activityType} (${local.seq}, local)`;
  if (startTimer) return `timer of ${startTimer.startToFireTimeout?.seconds} s`;
  return Object.keys(command)[0] ?? 'nothing';
}
