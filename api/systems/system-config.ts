import type { z } from 'zod';
import type { ConnectorInfo } from '../../connectors/sdk/types.js';
import { MillraceError, type FieldError } from '../../platform/errors/error.js';
import { fieldErrors, inWords } from '../../platform/errors/field-path.js';
import { keepSecrets } from '../../platform/secrets/config.js';
import { maskSecrets, secretTexts } from '../../platform/secrets/mask.js';
import type { SecretProviders } from '../../platform/secrets/providers.js';
import { pathText, referencesIn, withExamples } from '../../platform/secrets/reference.js';

/** @throws MillraceError `connector.invalid_config` with the path of every wrong field. */
export function validateConfig({ config: schema }: ConnectorInfo<unknown>, config: unknown, secrets: SecretProviders): void {
  const errors = [...referenceErrors(schema, config, secrets), ...configErrors(schema, config)];
  if (errors.length > 0) throw new MillraceError('connector.invalid_config', { detail: inWords(errors), fields: errors });
}

/**
 * The configuration after a change, in clear and valid. Secrets that were left out stay, unless that is what makes the
 * whole invalid: who replaces a URL by host and password has left out the URL on purpose.
 */
export function changedConfig(
  connector: ConnectorInfo<unknown>,
  { stored, incoming }: { readonly stored: unknown; readonly incoming: unknown },
  secrets: SecretProviders,
): unknown {
  const filled = keepSecrets(connector.config, incoming, { stored, fillMissing: true });
  const bare = keepSecrets(connector.config, incoming, { stored, fillMissing: false });
  const better = configErrors(connector.config, filled).length <= configErrors(connector.config, bare).length ? filled : bare;
  validateConfig(connector, better, secrets);
  return better;
}

/** As far as can be said without following them: only the worker may do that. */
function referenceErrors(schema: z.ZodType, config: unknown, secrets: SecretProviders): readonly FieldError[] {
  return referencesIn(schema, config).flatMap(({ ref, path }): FieldError[] => {
    const message = secrets.check(ref);
    return message === undefined ? [] : [{ path: pathText(path), code: 'bad_reference', message }];
  });
}

/** What a reference leads to is not known: nothing is said about it. */
function configErrors(schema: z.ZodType, config: unknown): readonly FieldError[] {
  const parsed = schema.safeParse(withExamples(schema, config));
  if (parsed.success) return [];
  const secrets = secretTexts(schema, config);
  const references = new Set(referencesIn(schema, config).map(({ path }) => pathText(path)));
  return fieldErrors(parsed.error.issues, 'config')
    .filter(({ path }) => !references.has(path))
    .map((error) => ({ ...error, message: maskSecrets(error.message, secrets) }));
}
