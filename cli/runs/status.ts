/** What an operator sees of a run: its stage and counts, what fails and why, who decided what. */
import type { Client } from '@temporalio/client';
import type { Failure, Progress } from '../../workflows/run/messages.ts';
import { ForeignKey } from '../../worker/codec.ts';
import { askProgress, group, progressLine } from './progress.ts';
import { askRetrying, printable, retryLine, type Retrying } from './retrying.ts';

export interface RunStatus {
  run: string;
  status: string;
  /** Null where no worker answers, or the run has ended. */
  progress: Progress | null;
  retrying: Retrying[];
}

const QUERY_WAIT_MS = 5_000;
const WATCH_MS = 1_000;
const REASONS = 8;

/** @throws WorkflowNotFoundError; ForeignKey where the local keys do not open what the run says */
export async function askStatus(client: Client, run: string): Promise<RunStatus> {
  const { status } = await client.workflow.getHandle(run).describe();
  // A query is answered by a worker; where none is there, the run's state alone is told.
  const progress = await client
    .withDeadline(Date.now() + QUERY_WAIT_MS, () => askProgress(client, run))
    .catch((error: unknown) => {
      if (error instanceof ForeignKey) throw error;
      return null;
    });
  const running = status.name === 'RUNNING';
  const retrying = running ? await askRetrying(client, [run, ...(progress?.pages ?? [])]) : [];
  return { run, status: status.name.toLowerCase(), progress, retrying };
}

/** Shows a run until it has ended: rewritten in place on a terminal, a block a change elsewhere. */
export async function watch(client: Client, run: string): Promise<void> {
  const terminal = process.stdout.isTTY;
  let shown = '';
  let last: Progress | null = null;
  for (;;) {
    const status = await askStatus(client, run);
    // A run that has ended, or whose workers are away, is shown as it was seen last.
    last = status.progress ??= last;
    const text = statusText(status);
    if (terminal) process.stdout.write(`\u001b[H\u001b[2J${text}`);
    else if (text !== shown) process.stdout.write(text);
    shown = text;
    if (status.status !== 'running') return;
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
}

export function statusText({ run, status, progress, retrying }: RunStatus, now = Date.now()): string {
  const lines = [`${run}  ${status}`];
  if (progress) {
    const { stage, records, stageStartedAt } = progress;
    if (status === 'running') lines.push(progressLine(progress, now));
    else if (records > 0) lines.push(`  ${group(records)} records`);
    if (stage === 'approval' && status === 'running') lines.push(`  publication waits: garner approve ${run} --why …`);
    if (stage === 'admit' && status === 'running' && records > 0) {
      const seconds = Math.max(1, Math.round((now - stageStartedAt) / 1000));
      lines.push(`  ${group(Math.round(records / seconds))} records a second`);
    }
    const out = Object.entries(progress.out.reasons).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    for (const [reason, count] of out.slice(0, REASONS))
      lines.push(`  ${reason.padEnd(24)} ${group(count).padStart(12)}`);
    lines.push(...progress.failures.map(failureLine));
    if (progress.failures.length > 0)
      lines.push(`  mend the cause, then: garner retry ${run}${retryOption(progress.failures[0]!)} --why …`);
    for (const { what, by, why, at } of progress.decisions)
      lines.push(`  ${new Date(at).toISOString()}  ${what} by ${by}: ${why}`);
  }
  lines.push(...retrying.map((one) => `  ${retryLine(one)}`));
  return lines.map(printable).join('\n') + '\n';
}

function failureLine({ stage, unit, type, message }: Failure): string {
  return `  FAILED ${stage}${unit === null ? '' : ` ${unit}`}: ${type}: ${message}`;
}

function retryOption({ unit }: Failure): string {
  return unit === null ? '' : ` --shard ${unit}`;
}
