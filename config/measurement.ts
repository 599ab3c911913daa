/** The part of a policy that says how a purpose other than training measures: whose records, which fields, how many users must stand behind a figure. */
import type { Plan } from '../curation/events/event.ts';
import { PLANS } from '../curation/events/event.ts';
import { DEFAULT_ABUSE, type AbuseThresholds } from '../curation/measurement/abuse/thresholds.ts';
import type { PurposeConsent } from '../curation/measurement/rows/consent.ts';
import { DIMENSIONS, MEASURED_PURPOSES, type MeasuredPurpose } from '../curation/measurement/rows/field.ts';
import { ConfigError, fieldName, type Path, type YamlFile } from './document.ts';
import { overlay } from './overlay.ts';

export interface MeasurePolicy {
  consent: PurposeConsent;
  /** Fields by which figures are told apart; of the purpose's closed list. */
  fields: string[];
  minimumUsers: number;
  /** `day`: every figure is a sum over days each of which may be told, so windows may overlap. `window`: they may not. */
  period: 'day' | 'window';
  readMs: number;
  retainedDistance: number;
  bootstrap: { replicates: number; seed: number };
  /** Of related-products: most rows and cells of one user; `epsilon` 0 adds no noise. */
  release: { rowsPerCell: number; cellsPerUser: number; epsilon: number; delta: number };
  abuse: AbuseThresholds;
}

/** The least that a policy may ask for: contract of the aggregates. */
const LEAST_USERS = 10;
const LEAST_REPLICATES = 2_000;
const DEFAULTS = {
  ...{ fields: [] as string[], minimumUsers: LEAST_USERS, period: 'day', readMs: 750, retainedDistance: 0.33 },
  bootstrap: { replicates: LEAST_REPLICATES, seed: 1 },
  release: { rowsPerCell: 20, cellsPerUser: 5, epsilon: 0, delta: 1e-6 },
  abuse: DEFAULT_ABUSE,
};

interface Given {
  purpose: string;
  consent?: { trainable?: Plan[]; plans?: Plan[]; training?: 'ignored' | 'required' };
  measure?: Record<string, unknown>;
}

export function isMeasured(purpose: string): purpose is MeasuredPurpose {
  return (MEASURED_PURPOSES as readonly string[]).includes(purpose);
}

/**
 * Completes and checks the measuring part of a policy whose schema has passed; undefined for a policy that trains.
 * @throws ConfigError naming file, line and field: fields beyond the purpose, thresholds below the contract's
 */
export function measurePolicy(given: Given, yaml: YamlFile): MeasurePolicy | undefined {
  const refuse = (path: Path, problem: string): never => {
    throw new ConfigError(yaml.file, yaml.line(path), fieldName(path), problem);
  };
  const { purpose, consent } = given;
  if (!isMeasured(purpose)) {
    for (const field of ['plans', 'training'] as const)
      if (consent?.[field]) refuse(['consent', field], `belongs to purposes that do not train: leave it out`);
    if (given.measure) refuse(['measure'], 'belongs to purposes that do not train: leave it out');
    return undefined;
  }
  if (consent?.trainable) refuse(['consent', 'trainable'], `purpose ${purpose} does not train: name plans under consent.plans`); // prettier-ignore
  if (!consent?.plans?.length)
    return refuse(['consent'], `must say whose records ${purpose} may use: plans, of ${PLANS.join(', ')}`);
  const allowed = DIMENSIONS[purpose] as readonly string[];
  const measure = overlay({ ...DEFAULTS, fields: [...allowed] }, given.measure, yaml, ['measure']);
  measure.fields.forEach((field, index) => {
    if (!allowed.includes(field))
      refuse(['measure', 'fields', index], `${purpose} may not know ${JSON.stringify(field)}: it may know ${allowed.join(', ')}`); // prettier-ignore
    if (measure.fields.indexOf(field) !== index) refuse(['measure', 'fields', index], 'stands twice');
  });
  if (!['day', 'window'].includes(measure.period)) refuse(['measure', 'period'], 'must be day or window');
  const { minimumUsers, retainedDistance, bootstrap, release } = measure;
  if (!Number.isInteger(minimumUsers) || minimumUsers < LEAST_USERS)
    refuse(['measure', 'minimumUsers'], `must be a whole number of ${LEAST_USERS} or more`);
  if (retainedDistance > 1) refuse(['measure', 'retainedDistance'], 'must be between 0 and 1');
  if (!Number.isInteger(bootstrap.replicates) || bootstrap.replicates < LEAST_REPLICATES || bootstrap.replicates > 1e5)
    refuse(['measure', 'bootstrap', 'replicates'], `must be a whole number from ${LEAST_REPLICATES} to 100000`);
  for (const field of ['rowsPerCell', 'cellsPerUser'] as const)
    if (!Number.isInteger(release[field]) || release[field] < 1)
      refuse(['measure', 'release', field], 'must be a whole number of 1 or more');
  if (release.epsilon > 0 && !(release.delta > 0 && release.delta <= 1e-4))
    refuse(['measure', 'release', 'delta'], 'must be above 0 and at most 0.0001 where there is noise');
  return {
    ...measure,
    period: measure.period as MeasurePolicy['period'],
    consent: {
      ...{ plans: consent.plans, training: consent.training ?? 'required' },
      source: yaml.source(['consent', 'plans']),
    },
  };
}
