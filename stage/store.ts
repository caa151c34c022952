/**
 * Where staged files live. Files are immutable: created exclusively, made durable, then given their name (I8).
 * @module
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../platform/errors/error.js';
import { BucketStage } from './bucket-stage.js';
import { FileStage } from './file-stage.js';
import type { TempDir } from './scratch.js';

export type { TempDir } from './scratch.js';

export interface StoredFile {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Every method throws MillraceError `stage.*`. */
export interface Stage extends AsyncDisposable {
  readonly url: string;
  /** A private folder on this machine, from which `put` is cheap; it is removed when disposed of. */
  tempDir(): Promise<TempDir>;
  /**
   * Takes a finished local file over; the local name is gone afterwards.
   * @param localPath in a folder of `tempDir`
   * @param sha256 of its contents, where the writer has computed it
   */
  put(key: string, localPath: string, sha256?: string): Promise<StoredFile>;
  putText(key: string, text: string): Promise<StoredFile>;
  /** Contents that are what was recorded. @throws MillraceError `stage.corrupt` */
  getText(key: string, sha256: string): Promise<string>;
  /**
   * Path on this machine of a file whose contents are what was recorded: the staged file itself, which must not be changed, or
   * a copy in `tempDir`. @throws MillraceError `stage.corrupt`
   */
  verified(key: string, sha256: string, tempDir: string): Promise<string>;
  /** Names directly below a folder; none when it is not there. */
  list(prefix: string): Promise<readonly string[]>;
  /** Removes a folder and everything in it; one that is not there is no error. */
  remove(prefix: string): Promise<void>;
  /** Removes work in progress of processes of this machine that are gone. */
  removeAbandoned(): Promise<void>;
}

/**
 * Opens `file:///folder` or `s3://bucket/prefix`.
 * @param home a folder of this machine, below which files of a bucket are worked on
 * @throws MillraceError `setup.invalid` for a URL that no stage can be made of
 */
export function openStage(url: string, home = join(tmpdir(), 'millrace')): Stage {
  if (url.startsWith('file://')) return new FileStage(url);
  if (/^s3:\/\/[^/?#]+/.test(url)) return new BucketStage(url, join(home, 'scratch'));
  throw new MillraceError('setup.invalid', {
    detail: 'MILLRACE_STAGE_URL: use file:///path or s3://bucket/prefix.',
    path: 'MILLRACE_STAGE_URL',
  });
}
