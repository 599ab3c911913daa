/** Reads one record of Copilot telemetry: a name, a time, properties (strings) and measurements (numbers). */
import type { Reason } from '../../../verdict.ts';
import { parseEmbedded, type Parsed } from '../../parse.ts';
import type { FieldReader } from '../fields.ts';

/** Values over 8,192 characters are split over at most this many properties: `promptJson`, `promptJson_02`, … */
const PARTS = 21;

/** Why the text in a record cannot be read; `rule` names the property. */
export interface Unreadable {
  reason: Reason;
  rule: string;
}

export function isUnreadable(said: object): said is Unreadable {
  return 'rule' in said;
}

/** Exports do not always keep properties and measurements apart. */
export class CopilotEvent {
  readonly properties: FieldReader;
  readonly #measurements: FieldReader;

  constructor(properties: FieldReader, measurements: FieldReader) {
    this.properties = properties;
    this.#measurements = measurements;
  }

  measure(name: string): number | undefined {
    return this.#measurements.numeric(name) ?? this.properties.numeric(name);
  }

  truth(name: string): boolean | undefined {
    return this.#measurements.truth(name) ?? this.properties.truth(name);
  }

  /** A property that holds JSON, joined from its parts and parsed under the guards of a record; undefined where it is absent. */
  json(name: string): Parsed<unknown> | undefined {
    const joined = this.#joined(name);
    if (joined === undefined) return undefined;
    const parsed = parseEmbedded(joined);
    // The record is JSON; what is not is one of its fields.
    return parsed.ok || parsed.reason !== 'invalid_json' ? parsed : { ...parsed, reason: 'schema' };
  }

  /** A property that holds the JSON of a string. */
  jsonText(name: string): { text: string | undefined } | Unreadable {
    const parsed = this.json(name);
    if (parsed === undefined || (parsed.ok && parsed.value === null)) return { text: undefined };
    if (!parsed.ok) return { reason: parsed.reason, rule: `properties.${name}` };
    return typeof parsed.value === 'string' ? { text: parsed.value } : { reason: 'schema', rule: `properties.${name}` };
  }

  #joined(name: string): string | undefined {
    let joined = this.properties.text(name);
    let last = joined === undefined ? 0 : 1;
    for (let part = 2; part <= PARTS; part++) {
      const property = `${name}_${String(part).padStart(2, '0')}`;
      if (!this.properties.has(property)) continue;
      // A part is missing: what is there is no JSON, or worse, other JSON.
      if (part !== last + 1) return this.properties.refuse(property);
      joined = `${joined ?? ''}${this.properties.text(property) ?? ''}`;
      last = part;
    }
    return joined;
  }
}
