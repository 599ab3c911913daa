/** The stages as workflows call them: how long each may take, how it is retried, and what it is called in the web page. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import { NOT_RETRIED } from './failures.ts';

const RETRY = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  maximumAttempts: 30,
  nonRetryableErrorTypes: [...NOT_RETRIED],
} as const;

export const stages = proxyActivities<Activities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '12 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...RETRY, nonRetryableErrorTypes: [...NOT_RETRIED] },
});

/** What is done when a run ends badly: a store that is away must not hold the end up for long. */
export const lastRites = proxyActivities<Pick<Activities, 'clean' | 'note'>>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '12 seconds',
  retry: { ...RETRY, nonRetryableErrorTypes: [...NOT_RETRIED], maximumAttempts: 5 },
});
