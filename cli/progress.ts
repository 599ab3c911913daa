/** Shows how a run gets on: one line rewritten on a terminal, a line a stage in a pipe. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../workflows/messages.ts';

const POLL_MS = 400;
const BAR = 24;

/** Follows a run on stderr until the returned function is called. */
export function follow(handle: WorkflowHandle, style: 'bar' | 'lines' | 'silent'): () => void {
  if (style === 'silent') return () => undefined;
  let stopped = false;
  let asking = false;
  let lastStage = '';
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    handle
      .query<Progress, []>('progress')
      .then((progress) => {
        if (stopped) return;
        if (style === 'bar') process.stderr.write(`\r\u001b[2K${progressLine(progress)}`);
        else if (progress.stage !== lastStage) process.stderr.write(`${progress.stage}…\n`);
        lastStage = progress.stage;
      })
      .catch(() => undefined)
      .finally(() => (asking = false));
  }, POLL_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
    if (style === 'bar') process.stderr.write('\r\u001b[2K');
  };
}

/** `admit     [######------] 12/24  3,120 records, 40 s left`. */
export function progressLine(
  { stage, finished, total, records, paused, stageStartedAt }: Progress,
  now = Date.now(),
): string {
  const share = total > 0 ? finished / total : 0;
  const filled = Math.round(share * BAR);
  const bar = total > 0 ? ` [${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${finished}/${total}` : '';
  const left =
    share > 0 && share < 1 ? `, ${Math.ceil((((now - stageStartedAt) / share) * (1 - share)) / 1000)} s left` : '';
  const read = records > 0 ? `  ${group(records)} records` : '';
  return `${stage.padEnd(9)}${bar}${read}${left}${paused ? '  PAUSED' : ''}`;
}

/** 1234567 as `1,234,567`, the same in every locale. */
export function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
