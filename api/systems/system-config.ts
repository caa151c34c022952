import type { z } from 'zod';
import type { ConnectorInfo } from '../../connectors/sdk/types.js';
import { MillraceError, type FieldError } from '../../platform/errors/error.js';
import { fieldErrors, inWords } from '../../platform/errors/field-path.js';
import { keepSecrets } from '../../platform/secrets/config.js';
import { maskSecrets, secretTexts } from '../../platform/secrets/mask.js';

/** @throws MillraceError `connector.invalid_config` with the path of every wrong field. */
export function validateConfig(connector: ConnectorInfo<unknown>, config: unknown): void {
  const errors = configErrors(connector.config, config);
  if (errors.length > 0) throw new MillraceError('connector.invalid_config', { detail: inWords(errors), fields: errors });
}

/**
 * The configuration after a change, in clear and valid. Secrets that were left out stay, unless that is what makes the
 * whole invalid: who replaces a URL by host and password has left out the URL on purpose.
 */
export function changedConfig(connector: ConnectorInfo<unknown>, stored: unknown, incoming: unknown): unknown {
  const filled = keepSecrets(connector.config, incoming, { stored, fillMissing: true });
  const bare = keepSecrets(connector.config, incoming, { stored, fillMissing: false });
  const better = configErrors(connector.config, filled).length <= configErrors(connector.config, bare).length ? filled : bare;
  validateConfig(connector, better);
  return better;
}

function configErrors(schema: z.ZodType, config: unknown): readonly FieldError[] {
  const parsed = schema.safeParse(config);
  if (parsed.success) return [];
  const secrets = secretTexts(schema, config);
  return fieldErrors(parsed.error.issues, 'config').map((error) => ({ ...error, message: maskSecrets(error.message, secrets) }));
}
