/** Reads typed fields of a foreign record, remembering the first that has the wrong type, so that an adapter need not ask at each. */

/** One object of a record. Null is absent. Readers of nested objects share the fault of the record. */
export class FieldReader {
  readonly #fields: Record<string, unknown>;
  readonly #name: string;
  readonly #faults: { first?: string };

  /** @param name how the object is called in faults; empty for the record itself */
  constructor(fields: Record<string, unknown>, name = '', faults: { first?: string } = {}) {
    this.#fields = fields;
    this.#name = name;
    this.#faults = faults;
  }

  /** The first field found to be wrong, such as `event.completion.choices`. */
  get fault(): string | undefined {
    return this.#faults.first;
  }

  /** Remembers that a field is wrong in a way its type does not show. */
  refuse(name: string): undefined {
    this.#faults.first ??= this.#name ? `${this.#name}.${name}` : name;
    return undefined;
  }

  has(name: string): boolean {
    return this.#raw(name) !== undefined;
  }

  /** Whatever stands there; undefined where absent or null. */
  value(name: string): unknown {
    return this.#raw(name);
  }

  text(name: string): string | undefined {
    const value = this.#raw(name);
    return value === undefined || typeof value === 'string' ? value : this.refuse(name);
  }

  /** A text that says something: the empty string is absent. */
  filled(name: string): string | undefined {
    return this.text(name) || undefined;
  }

  /** A text without which the record is of no use. */
  needed(name: string): string {
    return this.filled(name) ?? this.refuse(name) ?? '';
  }

  number(name: string): number | undefined {
    const value = this.#raw(name);
    return value === undefined || typeof value === 'number' ? value : this.refuse(name);
  }

  flag(name: string): boolean | undefined {
    const value = this.#raw(name);
    return value === undefined || typeof value === 'boolean' ? value : this.refuse(name);
  }

  list(name: string): unknown[] | undefined {
    const value = this.#raw(name);
    return value === undefined || Array.isArray(value) ? value : this.refuse(name);
  }

  object(name: string): FieldReader | undefined {
    const value = this.#raw(name);
    if (value === undefined) return undefined;
    return isObject(value) ? this.#nested(value, name) : this.refuse(name);
  }

  /** Each of a list's items, which must all be objects. */
  objects(name: string): FieldReader[] {
    const readers: FieldReader[] = [];
    for (const [index, item] of (this.list(name) ?? []).entries()) {
      if (isObject(item)) readers.push(this.#nested(item, `${name}[${index}]`));
      else this.refuse(`${name}[${index}]`);
    }
    return readers;
  }

  /** A number, or the decimal text of one, as property bags of strings hold it. */
  numeric(name: string): number | undefined {
    const value = this.#raw(name);
    if (value === undefined || typeof value === 'number') return value;
    return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : this.refuse(name);
  }

  /** True or false in the spellings of telemetry: a boolean, 1 or 0, "true" or "false". */
  truth(name: string): boolean | undefined {
    const value = this.#raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 1 || value === '1' || value === 'true') return true;
    return value === 0 || value === '0' || value === 'false' ? false : this.refuse(name);
  }

  #nested(fields: Record<string, unknown>, name: string): FieldReader {
    return new FieldReader(fields, this.#name ? `${this.#name}.${name}` : name, this.#faults);
  }

  /** Telemetry turns dots in names into underscores; some exports keep them. */
  #raw(name: string): unknown {
    const underscore = name.indexOf('_');
    const value = this.#fields[name] ?? (underscore > 0 ? this.#fields[dotted(name, underscore)] : undefined);
    return value === null ? undefined : value;
  }
}

const DECIMAL = /^-?\d{1,15}(?:\.\d{1,20})?$/;

function dotted(name: string, underscore: number): string {
  return `${name.slice(0, underscore)}.${name.slice(underscore + 1)}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
