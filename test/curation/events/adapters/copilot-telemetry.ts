/** Makes telemetry records for tests, and reads them. */
import { expect } from 'vitest';
import { adaptedRow } from '../source.ts';

export const time = '2026-05-01T10:00:00.000Z';
export const common = {
  headerRequestId: 'r1',
  choiceIndex: '0',
  languageId: 'python',
  copilot_trackingId: 't1',
  common_extversion: '1.31.0',
  editor_version: 'vscode/1.70.0',
  sku: 'individual',
  gitRepoInformation: 'available',
  gitRepoUrl: 'https://github.com/acme/app.git',
  gitRepoHost: 'github.com',
  gitRepoOwner: 'acme',
  gitRepoName: 'app',
};
export const telemetry = (name: string, properties: object = {}, measurements: unknown = {}) => ({
  name,
  time,
  properties: { ...common, ...properties },
  measurements,
});
export const row = (name: string, properties: object = {}, measurements: unknown = {}) =>
  adaptedRow(telemetry(name, properties, measurements), 'copilot');
export const eventOf = (name: string, properties: object = {}, measurements: unknown = {}) => {
  const { events, ...rest } = row(name, properties, measurements);
  expect(rest).toEqual({});
  expect(events).toHaveLength(1);
  return events[0]!;
};
