/** The stages as workflows call them: how long each may take, how it is retried, and what it is called in the web page. */
import {
  ActivityCancellationType,
  proxyActivities,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities, StageName } from '../../activities/index.ts';
import { NOT_RETRIED } from './failures.ts';

/** What the web page says of a stage; of those that work unit by unit their callers say which unit. */
const SUMMARY: Record<StageName, string> = {
  plan: 'list the sources, pin each, cut them into shards',
  admit: 'judge a shard',
  gather: 'merge what shards found of private code',
  survey: 'look for code that public repositories share',
  gatherSurveys: 'merge what was found of shared code',
  assemble: 'make examples of a bucket',
  select: 'duplicates, bounds, splits and balance over all examples',
  render: 'write rows of some buckets',
  ledger: 'write a part of the ledger',
  settle: 'count every record, close the ledger',
  publish: 'sign, make the version visible, note it in the audit log',
  list: 'keep the results of a page',
  note: 'note what operators decided in the audit log',
  clean: 'remove what was staged',
  measurePlan: 'find what a finished run admitted',
  measureAdmit: 'judge a shard for figures',
  measureJoin: 'join the events of a bucket',
  measureFigures: 'count, and hide what tells of few',
  measurePublish: 'sign and make the figures visible',
  eraseFind: 'find versions that hold the subject',
  reissue: 'issue a version again without the subject',
  eraseProbe: 'look for the subject once more',
  eraseCertify: 'sign what was erased',
  windowsDue: 'find windows to curate',
  openWindow: 'list the files of a window',
  closeWindow: 'note what was issued for a window',
  recheckAll: 'judge published versions by the facts of today',
  retentionDue: 'find what has passed its age',
  retentionExpire: 'remove what has passed its age',
  retentionNote: 'note in the audit log what was removed',
};

const PATIENT: ActivityOptions = {
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '12 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 30,
    nonRetryableErrorTypes: [...NOT_RETRIED],
  },
};

/** Some stages by name, with options of their own. */
export function stagesWith<Name extends StageName>(options: ActivityOptions, ...names: Name[]) {
  const stages = names.map((name) => [
    name,
    proxyActivities<Activities>({ ...PATIENT, ...options, summary: SUMMARY[name] })[name],
  ]);
  return Object.fromEntries(stages) as Pick<ActivityInterfaceFor<Activities>, Name>;
}

export const stages = stagesWith({}, ...(Object.keys(SUMMARY) as StageName[]));

/** What is done when a run ends badly: a store that is away must not hold the end up for long. */
export const lastRites = stagesWith(
  {
    startToCloseTimeout: '1 hour',
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { ...PATIENT.retry, maximumAttempts: 5 },
  },
  'clean',
  'note',
);
