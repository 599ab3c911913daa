/** What can become of a record, why, and which reason wins where several apply. */

/** Every reason, in the order of precedence: of several that apply to one record, the first listed decides. */
// prettier-ignore
export const REASONS = [
  // stream
  'expansion_ratio', 'truncated_gzip', 'crc_mismatch', 'trailing_data',
  // bytes
  'record_too_large', 'invalid_utf8', 'too_deep', 'truncated_record', 'invalid_json', 'duplicate_key', 'forbidden_key', 'not_an_object',
  // fields
  'lone_surrogate', 'not_finite', 'timestamp_not_rfc3339', 'invalid_date', 'timestamp_out_of_range', 'negative_duration', 'schema',
  // path as written
  'control_character', 'bidi_control', 'format_character', 'separator_lookalike', 'percent_encoded_separator', 'unc_path', 'drive_path',
  'absolute_path', 'short_name', 'path_escapes_root', 'empty_path', 'path_too_long',
  // identity
  'id_conflict', 'duplicate', 'clock_skew', 'outside_window',
  // consent
  'unknown_user', 'plan_not_trainable', 'plan_not_allowed', 'no_consent', 'consent_withdrawn', 'erased',
  // repository
  'no_repository', 'unknown_host', 'unknown_repository', 'identity_mismatch', 'repository_deleted', 'repository_private',
  'repository_was_private', 'private_network', 'owner_denied', 'owner_opted_out', 'license_not_allowed',
  // path against the rules
  'unresolvable_path', 'mixed_script_path', 'symlink', 'submodule_private', 'vendored', 'path_excluded',
  // ownership
  'codeowner_denied',
  'rule_error',
  // text
  'no_text', 'empty', 'bidi_control_in_code', 'redaction_covered', 'sentinel_text',
  // label
  'not_feedback', 'no_outcome', 'superseded', 'not_read', 'ignored', 'accepted_rewritten', 'reverted_branch', 'conflicting_labels', 'abuse',
  // measurement
  'not_in_experiment', 'several_arms',
  // selection
  'private_overlap', 'contaminated', 'near_duplicate', 'contribution_bound', 'balanced_out',
] as const;

export type Reason = (typeof REASONS)[number];
export type Outcome = 'kept' | 'excluded' | 'rejected';

const rank = new Map<string, number>(REASONS.map((reason, index) => [reason, index]));
const LAST_REJECTED = rank.get('id_conflict')!;

/** Position in the order of precedence, from 0; lower wins. */
export function precedence(reason: Reason): number {
  return rank.get(reason)!;
}

/** The reason that decides where both apply. */
export function firstReason(a: Reason, b: Reason): Reason {
  return precedence(a) <= precedence(b) ? a : b;
}

/** A reason up to `id_conflict` says that the record itself is bad (rejected); later ones that it may not be used (excluded). */
export function outcomeOf(reason: Reason): 'excluded' | 'rejected' {
  return precedence(reason) <= LAST_REJECTED ? 'rejected' : 'excluded';
}

/**
 * What a rule says of one segment: keep, or why not.
 * `rule` names what decided, for people: `policy.yaml:12 paths.exclude["*"][0] "**​/.env*"`, `repositories.jsonl:7`, or a rule's own name.
 */
export type Verdict =
  { readonly keep: true } | { readonly keep: false; readonly reason: Reason; readonly rule: string };

export const KEEP: Verdict = { keep: true };

/** A verdict that takes the segment out. */
export function drop(reason: Reason, rule: string): Verdict {
  return { keep: false, reason, rule };
}
