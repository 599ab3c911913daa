/** Something of a policy or its facts that works as written and yet is surely not meant. */

export interface Warning {
  /** File, line and field: `policy.yaml:12 paths.exclude["*"][0]`. */
  source: string;
  /** What stands there, where it is a value of its own. */
  value?: string;
  /** What is wrong with it, and what to do. */
  problem: string;
}
