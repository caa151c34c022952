import type { Settings } from '../platform/config/settings.js';
import { MillraceError } from '../platform/errors/error.js';

/** What API and worker need when they run on their own, beside servers that others run. */
export interface Production {
  readonly settings: Settings;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly secretKey: Buffer;
}

/** @throws MillraceError `setup.invalid` that names everything that is missing */
export function requireProduction(settings: Settings): Production {
  const { databaseUrl, temporalAddress, secretKey } = settings;
  if (databaseUrl !== undefined && temporalAddress !== undefined && secretKey !== undefined) {
    return { settings, databaseUrl, temporalAddress, secretKey };
  }
  const needed = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress, MILLRACE_SECRET_KEY: secretKey };
  throw missing(Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : [])));
}

/** @throws MillraceError `setup.invalid` */
export function requireStage(settings: Settings): string {
  if (settings.stageUrl === undefined) throw missing(['MILLRACE_STAGE_URL']);
  return settings.stageUrl;
}

function missing(names: readonly string[]): MillraceError {
  return new MillraceError('setup.invalid', {
    detail: `Not set: ${names.join(', ')}.`,
    ...(names[0] !== undefined && { path: names[0] }),
    suggestion: 'Set them, or run `millrace start`, which brings its own servers.',
  });
}
