import type { SecretProvider } from './providers.js';

/** Settings of Millrace itself, and keys to its own stage: nobody who may configure a source may read them. */
const OURS = /^(MILLRACE_|TEMPORAL_|AWS_|DATABASE_URL$)/i;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** Which variables may be referred to when the settings do not say: `SECRET_CRM_PASSWORD`. */
export const USUAL_NAMES = ['SECRET_*'] as const;

/**
 * Variables of the worker's environment. `allowed` are names, or beginnings that end in `*`; without a limit anybody who may
 * add a source could send any variable of the worker to a server of their own.
 */
export function environmentSecrets(env: NodeJS.ProcessEnv, allowed: readonly string[] = USUAL_NAMES): SecretProvider {
  return {
    scheme: 'env',
    check: (name) => {
      if (!NAME.test(name)) return 'An env reference is env: and the name of a variable.';
      return OURS.test(name) ? `${name} is a setting of Millrace itself, and cannot be referred to.` : undefined;
    },
    resolve: async (name) => {
      if (!allowed.some((pattern) => matches(pattern, name)))
        throw new Error(`may not be referred to: MILLRACE_SECRET_ENV allows ${allowed.join(', ') || 'nothing'}`);
      const value = env[name];
      if (value === undefined || value === '') throw new Error('is not set');
      return value;
    },
  };
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
