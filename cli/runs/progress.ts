/** Shows how a run gets on: one line rewritten on a terminal, a line a stage in a pipe. */
import type { Client } from '@temporalio/client';
import { addTally } from '../../curation/stages/ledger.ts';
import type { PageProgress, Progress } from '../../workflows/run/messages.ts';
import { askRetrying, printable, retryLine } from './retrying.ts';

const POLL_MS = 400;
/** A question that no worker answers is given up. */
const ANSWER_MS = 2_000;
/** So often a run is asked what it tries again. */
const RETRIES_MS = 5_000;
const BAR = 24;

/** Where a run stands, the pages it works on asked too. @throws where there is no run, or no worker answers */
export async function askProgress(client: Client, run: string): Promise<Progress> {
  const progress = await client.workflow.getHandle(run).query<Progress, []>('progress');
  const pages = await Promise.all(
    progress.pages.map((page) =>
      client.workflow
        .getHandle(page)
        .query<PageProgress, []>('progress')
        .catch(() => null),
    ),
  );
  const all = { ...progress, failures: [...progress.failures], out: structuredClone(progress.out) };
  for (const page of pages) {
    // A page that ended between the two questions is counted the next time.
    if (page === null || page.stage !== progress.stage) continue;
    all.finished += page.finished;
    all.running += page.running;
    all.records += page.records;
    addTally(all.out, page.out);
    all.failures.push(...page.failures);
  }
  return all;
}

/** Follows a run on stderr until the returned function is called, which waits for the question that is under way. */
export function follow(client: Client, run: string, style: 'bar' | 'lines' | 'silent'): () => Promise<void> {
  if (style === 'silent') return () => Promise.resolve();
  let stopped = false;
  let asking: Promise<void> | null = null;
  let lastStage = '';
  let pages: string[] = [];
  let retriesAsked = performance.now();
  const told = new Set<string>();
  const clear = style === 'bar' ? '\r\u001b[2K' : '';
  const tellProgress = async (): Promise<void> => {
    const progress = await askProgress(client, run);
    ({ pages } = progress);
    if (stopped) return;
    if (style === 'bar') process.stderr.write(clear + cut(progressLine(progress)));
    else if (progress.stage !== lastStage) process.stderr.write(`${progress.stage}…\n`);
    lastStage = progress.stage;
  };
  const tellRetries = async (): Promise<void> => {
    if (performance.now() - retriesAsked < RETRIES_MS) return;
    retriesAsked = performance.now();
    for (const retrying of await askRetrying(client, [run, ...pages])) {
      const { activity, type } = retrying;
      // Of one cause once: there may be thirty tries.
      const cause = `${activity} ${type}`;
      if (!stopped && !told.has(cause)) process.stderr.write(`${clear}${printable(retryLine(retrying))}\n`);
      told.add(cause);
    }
  };
  const ask = (what: () => Promise<void>) => client.withDeadline(Date.now() + ANSWER_MS, what).catch(() => undefined);
  const timer = setInterval(() => {
    asking ??= ask(tellProgress)
      .then(() => ask(tellRetries))
      .finally(() => (asking = null));
  }, POLL_MS);
  return async () => {
    stopped = true;
    clearInterval(timer);
    // A connection that is closed under a question ends the process.
    await asking;
    process.stderr.write(clear);
  };
}

/** A line that wraps could not be rewritten. */
function cut(line: string): string {
  return line.slice(0, (process.stderr.columns ?? 80) - 1);
}

/** `admit     [######------] 12/24  3,120 records, 40 s left`. */
export function progressLine(
  { stage, finished, total, records, paused, stageStartedAt, failures }: Progress,
  now = Date.now(),
): string {
  const share = total > 0 ? finished / total : 0;
  const filled = Math.round(share * BAR);
  const bar = total > 0 ? ` [${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${finished}/${total}` : '';
  const left =
    share > 0 && share < 1 && !paused
      ? `, ${Math.ceil((((now - stageStartedAt) / share) * (1 - share)) / 1000)} s left`
      : '';
  const read = records > 0 ? `  ${group(records)} records` : '';
  return `${stage.padEnd(9)}${bar}${read}${left}${paused ? '  PAUSED' : ''}${failures.length > 0 ? `  ${failures.length} FAILED` : ''}`;
}

/** 1234567 as `1,234,567`, the same in every locale. */
export function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
