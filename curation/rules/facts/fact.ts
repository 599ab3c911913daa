/** What a fact says: of a user's choice, and the files that a repository's owners keep. States of repositories: ../repository/state.ts. */
import type { Plan } from '../../events/event.ts';

/** What a user chose, in force from `since` (milliseconds since 1970-01-01 UTC) until the user's next one. */
export interface ConsentState {
  /** As the fact spells it. */
  userId: string;
  plan: Plan;
  training: 'allowed' | 'denied';
  since: number;
  /** File and line, e.g. `consents.jsonl:3`. */
  source: string;
}

/** A file of the facts that belongs to a repository. */
export interface FactFile {
  text: string;
  /** Its name relative to the facts folder. */
  source: string;
}

export interface CodeownersFile extends FactFile {
  dialect: 'github' | 'gitlab';
}

export interface IgnoreFile extends FactFile {
  kind: 'copilotignore' | 'aiexclude';
  /** The folder inside the repository it lies in: empty or `sub/dir`. */
  folder: string;
}
