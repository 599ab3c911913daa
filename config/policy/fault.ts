/** What the schema of policies refused, as an error that says where and what to do. */
import type { ErrorObject } from 'ajv';
import { ConfigError, fieldName, type Path, type YamlFile } from '../document.ts';

export function schemaError(yaml: YamlFile, error: ErrorObject): ConfigError {
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const path: Path = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const extra = error.params as { additionalProperty?: string; missingProperty?: string };
  if (extra.additionalProperty !== undefined) path.push(extra.additionalProperty);
  const allowed = error.params as { allowedValues?: unknown[]; allowedValue?: unknown };
  const problem =
    extra.additionalProperty !== undefined
      ? 'is no field of a policy'
      : extra.missingProperty !== undefined
        ? `lacks ${extra.missingProperty}`
        : allowed.allowedValues
          ? `must be one of ${allowed.allowedValues.join(', ')}`
          : 'allowedValue' in allowed
            ? `must be ${String(allowed.allowedValue)}`
            : (error.message ?? 'is wrong');
  return new ConfigError(yaml.file, yaml.line(path), fieldName(path), problem);
}
