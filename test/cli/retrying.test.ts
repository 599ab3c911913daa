import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, defaultFailureConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { askRetrying, printable, retryLine } from '../../cli/runs/retrying.ts';

const failure = (type: string, message: string) => ({ message, applicationFailureInfo: { type } });
const pending: Record<string, object[]> = {
  run: [
    {
      activityId: '1',
      activityType: { name: 'plan' },
      attempt: 4,
      lastFailure: failure('Unavailable', 'no answer\u001b[2J'),
    },
    { activityId: '2', activityType: { name: 'gather' }, attempt: 1 },
  ],
  page: [
    {
      activityId: 'admit-17',
      activityType: { name: 'admit' },
      attempt: 2,
      lastFailure: failure('Hung', 'stood still'),
    },
  ],
};
const client = {
  workflow: {
    getHandle: (id: string) => ({
      describe: () =>
        pending[id] ? Promise.resolve({ raw: { pendingActivities: pending[id] } }) : Promise.reject(new Error('gone')),
    }),
  },
  options: {
    loadedDataConverter: {
      payloadConverter: defaultPayloadConverter,
      failureConverter: defaultFailureConverter,
      payloadCodecs: [],
    },
  },
} as unknown as Client;

it('names what is tried again by stage or unit, with its cause, and passes over what is tried first and workflows that are gone', async () => {
  const lines = (await askRetrying(client, ['run', 'away', 'page'])).map(retryLine).map(printable);
  expect(lines).toEqual([
    'plan: try 4 after Unavailable: no answer\ufffd[2J',
    'admit-17: try 2 after Hung: stood still',
  ]);
});
