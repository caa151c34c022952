/**
 * Workers prove to each other that they have one stage: each leaves a file in it, and reads those of the others before it takes any
 * work. With stages of their own, none could load what another one has extracted.
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { MarkedWorker, StageMark } from '../platform/db/store.js';
import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import type { Stage } from '../stage/store.js';

const FOLDER = '_workers';

export async function leaveMark(stage: Stage, identity: string): Promise<StageMark> {
  const startedAt = new Date().toISOString();
  const folder = `${FOLDER}/${Date.now()}-${randomBytes(6).toString('hex')}`;
  const { key, sha256 } = await stage.putText(`${folder}/mark.json`, JSON.stringify({ identity, startedAt }));
  return { key, sha256 };
}

/** One that stays behind, because its worker was killed, does no harm. */
export async function removeMark(stage: Stage, { key }: StageMark): Promise<void> {
  await stage.remove(key.slice(0, key.lastIndexOf('/'))).catch(() => undefined);
}

/** @throws MillraceError `setup.invalid` when the mark of another worker is not in this stage; `stage.*` when it cannot be read */
export async function requireSharedStage(stage: Stage, others: readonly MarkedWorker[]): Promise<void> {
  for (const { identity, mark } of others) {
    await stage.getText(mark.key, mark.sha256).catch((error: unknown) => {
      throw isMillraceError(error, 'stage.corrupt') ? notShared(stage, identity) : error;
    });
  }
}

const notShared = ({ url }: Stage, other: string): MillraceError =>
  new MillraceError('setup.invalid', {
    detail: `MILLRACE_STAGE_URL: ${url} is not the stage of the worker ${other}, which works for the same connections.`,
    path: 'MILLRACE_STAGE_URL',
    suggestion:
      'Give all workers the same bucket, or the same folder on a shared mount. To change the stage, stop all workers first; one that was killed counts for a minute.',
  });
