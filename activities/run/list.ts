/** List: the results of a page's units in one sealed object, so that no payload grows with the number of units; and reading them back. */
import { readSealed } from './settings.ts';
import type { Stage } from './stage.ts';
import type { PagedStage, Ref, UnitResult } from '../types.ts';

export interface ListInput {
  stage: PagedStage;
  /** Number of the page's first unit. */
  first: number;
  results: UnitResult[];
}

export function list({ stage: name, first, results }: ListInput, stage: Stage): Promise<Ref> {
  return stage.writeJson(`lists/${name}-${first}`, results);
}

/** The results of all pages of a stage, in order of their units. */
export async function listed<T extends UnitResult>(pages: Ref[], stage: Stage): Promise<T[]> {
  const results: T[] = [];
  for (const page of pages) {
    results.push(...(await readSealed<T[]>(stage.store, page, stage.keystore)));
    stage.progress({ listed: results.length });
  }
  return results;
}
