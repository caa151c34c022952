import type { Settings } from '../config/settings.js';
import { KeyRing } from './key-ring.js';
import { SecretProviders, type SecretSettings } from './providers.js';

/** What a process needs to deal with secrets: keys for those that are stored, and ways to those that are not. */
export interface Secrets {
  readonly ring: KeyRing;
  readonly providers: SecretProviders;
}

/** @throws MillraceError `setup.invalid` for a key of the wrong length */
export function openSecrets(secretKey: Buffer, settings: SecretSettings & Pick<Settings, 'oldSecretKeys'>): Secrets {
  return { ring: new KeyRing(secretKey, settings.oldSecretKeys), providers: SecretProviders.of(settings, process.env) };
}
