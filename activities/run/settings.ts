/** What a run was started with, as its stages find it: sealed beside what they stage. */
import type { GuardMode } from '../../curation/overlap/fingerprint.ts';
import type { SourceObject } from '../plan/sources.ts';

/** The settings of a run as it was started, sealed beside it. */
export interface RunSettings {
  policy: { file: string; text: string };
  access: { file: string; text: string } | null;
  /** With the embedded server the local identity belongs to every audience. */
  local: boolean;
  /** Named private corpora, by key id and digest. */
  guards?: StoredGuard[];
  /** Of strategy-assessment: the declared experiment as it was when the run was started. */
  experiment?: { file: string; text: string };
  /** Of a night: what it reads, in place of what lies under the inputs by then. */
  sources?: SourceObject[];
  /** Of training: pseudonyms of users whose abuse a reviewer confirmed. */
  confirmed?: string[];
  /** Of abuse-investigation: pseudonyms of the cases that reviewers have. */
  cases?: string[];
}

/** A guard file as a run keeps it: sealed beside the settings, so that any worker has it. */
export interface StoredGuard {
  keyId: string;
  /** sha256 of the file, hex. */
  sha256: string;
  mode: GuardMode;
  /** base64 of 32 bytes. */
  key: string;
  /** Where the sealed filter lies. */
  filter: { key: string };
}
