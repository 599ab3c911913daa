/** Checks a configuration file against its published schema, and says by file, line and field what is wrong. */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { ConfigError, fieldName, type Path, type YamlFile } from './document.ts';
import { configFile } from './location.ts';

/**
 * A check by `config/schemas/<name>.schema.json`.
 * @returns a function that throws a ConfigError naming the first thing wrong in a file
 */
export function schemaOf(name: string): (yaml: YamlFile) => void {
  const schema = JSON.parse(readFileSync(configFile(`schemas/${name}.schema.json`), 'utf8')) as object;
  const validate = new Ajv({ allErrors: false, allowUnionTypes: true }).compile(schema);
  return (yaml) => {
    if (!validate(yaml.value)) throw refusal(yaml, ...problemOf(validate.errors![0]!, name));
  };
}

/** The error of a field, by its line. */
export function refusal(yaml: YamlFile, path: Path, problem: string): ConfigError {
  return new ConfigError(yaml.file, yaml.line(path), fieldName(path), problem);
}

function problemOf(error: ErrorObject, name: string): [Path, string] {
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const path: Path = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const { additionalProperty, missingProperty, allowedValues, allowedValue } = error.params as Record<string, unknown>;
  if (typeof additionalProperty === 'string') return [[...path, additionalProperty], `is no field of a ${name}`];
  if (typeof missingProperty === 'string') return [path, `lacks ${missingProperty}`];
  if (Array.isArray(allowedValues)) return [path, `must be one of ${allowedValues.join(', ')}`];
  if (allowedValue !== undefined) return [path, `must be ${String(allowedValue as string | number)}`];
  return [path, error.message ?? 'is wrong'];
}
