/** The stages by name: what a worker thread is asked to run, and what workflows see of it. */
import { admit } from './admit.ts';
import { assemble, type AssembleInput } from './assemble.ts';
import { clean } from './clean.ts';
import { gather } from './gather.ts';
import { gatherSurveys, survey, type SurveyInput } from './overlap.ts';
import { plan } from './plan.ts';
import { publish, type PublishInput } from './publish.ts';
import { render, type RenderInput } from './render.ts';
import { select } from './select.ts';
import { settle } from './settle.ts';
import type { Stage } from './stage.ts';
import type { Admitted, Assembled, CurateInput, Ref, Selected, StageInput } from './types.ts';

/** Each stage takes what the workflow passes and the opened run. */
export const STAGES = {
  plan: (input: CurateInput, stage: Stage) => plan(input, stage),
  admit: (input: StageInput & { shard: number }, stage: Stage) => admit(input.shard, stage),
  gather: (input: StageInput & { shards: Admitted[] }, stage: Stage) => gather(input.shards, stage),
  survey: (input: StageInput & SurveyInput, stage: Stage) => survey(input, stage),
  gatherSurveys: (input: StageInput & { surveys: Ref[]; filter: Ref }, stage: Stage) =>
    gatherSurveys(input.surveys, input.filter, stage),
  assemble: (input: StageInput & AssembleInput, stage: Stage) => assemble(input, stage),
  select: (input: StageInput & { assembled: Assembled[] }, stage: Stage) => select(input.assembled, stage),
  render: (input: StageInput & RenderInput, stage: Stage) => render(input, stage),
  settle: (input: StageInput & { shards: Admitted[]; assembled: Assembled[]; selected: Selected }, stage: Stage) =>
    settle(input.shards, input.assembled, input.selected, stage),
  publish: (input: StageInput & PublishInput, stage: Stage) => publish(input, stage),
  clean: (input: StageInput & { keepLedger: boolean }, stage: Stage) => clean(input.keepLedger, stage),
} as const;

export type StageName = keyof typeof STAGES;

/** The same as activities: the run is opened from the input. */
export type Activities = {
  [Name in StageName]: (input: Parameters<(typeof STAGES)[Name]>[0]) => ReturnType<(typeof STAGES)[Name]>;
};
