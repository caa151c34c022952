import { randomBytes } from 'node:crypto';
import { MillraceError } from '../platform/errors/error.js';
import { openStage } from './store.js';

/**
 * Puts a small file into a stage, reads it and removes it, as every run does with larger ones; no name may be taken twice.
 * @throws MillraceError `stage.*`, `setup.invalid`
 */
export async function probeStage(url: string, home: string): Promise<void> {
  await using stage = openStage(url, home);
  const folder = `_doctor/${randomBytes(8).toString('hex')}`;
  const { key, sha256 } = await stage.putText(`${folder}/probe`, folder);
  await stage.getText(key, sha256);
  const isRefused = await stage.putText(key, 'another').then(
    () => false,
    () => true,
  );
  await stage.remove(folder);
  if (!isRefused)
    throw new MillraceError('setup.invalid', {
      detail: `${url} overwrites files.`,
      suggestion: 'Use a server that obeys If-None-Match when objects are put.',
    });
}
