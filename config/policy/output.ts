/** The part of a policy that says what rows hold beside their formats' columns, and who may see that. */
import { FIELD_NAMES, type FieldName } from '../../curation/formats/example.ts';
import type { Audience } from '../policy.ts';

/** Each field with the audiences that may see it. */
export type OutputFields = Partial<Record<FieldName, Audience[]>>;

/** The fields named, in the order of their columns. */
export function fieldsOf({ fields = {} }: { fields?: OutputFields }): FieldName[] {
  return FIELD_NAMES.filter((name) => fields[name] !== undefined);
}

/** The first field that somebody of the output's audience may not see; null where there is none. */
export function unseenField(output: {
  fields?: OutputFields;
  audience: Audience[];
}): { field: FieldName; audience: Audience } | null {
  for (const field of fieldsOf(output))
    for (const audience of output.audience) if (!output.fields![field]!.includes(audience)) return { field, audience };
  return null;
}
