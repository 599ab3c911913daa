/** Lays what a file gives over defaults of the same shape, refusing what the defaults do not have. */
import { ConfigError, fieldName, type Path, type YamlFile } from './document.ts';

/**
 * A copy of `defaults` with the values of `given`; both are trees of plain objects, numbers, strings, booleans and arrays.
 * @throws ConfigError where a field is unknown, of another type, or a number is negative or not finite.
 */
export function overlay<T>(defaults: T, given: unknown, yaml: YamlFile, path: Path): T {
  if (given === undefined) return defaults;
  const refuse = (problem: string): never => {
    throw new ConfigError(yaml.file, yaml.line(path), fieldName(path), problem);
  };
  if (Array.isArray(defaults)) return Array.isArray(given) ? (given as T) : refuse('must be a list');
  if (typeof defaults === 'object' && defaults !== null) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuse('must be a mapping');
    const result = { ...defaults } as Record<string, unknown>;
    for (const [key, value] of Object.entries(given)) {
      if (!Object.hasOwn(defaults, key))
        throw new ConfigError(
          yaml.file,
          yaml.line([...path, key]),
          fieldName([...path, key]),
          `is unknown; known are ${Object.keys(defaults).join(', ')}`,
        );
      result[key] = overlay((defaults as Record<string, unknown>)[key], value, yaml, [...path, key]);
    }
    return result as T;
  }
  if (typeof given !== typeof defaults) return refuse(`must be a ${typeof defaults}`);
  if (typeof given === 'number' && !(Number.isFinite(given) && given >= 0))
    return refuse('must be a number of 0 or more');
  return given as T;
}
