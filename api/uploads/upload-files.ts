import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { firstIdOf, isId, newId } from '../../platform/db/ids.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { Stage } from '../../stage/store.js';

/** A file that a client has handed over, where every worker can read it. */
export interface StoredUpload {
  readonly id: string;
  readonly name: string;
  /** Folder that holds nothing else: the `root` of a files source. */
  readonly root: string;
  readonly bytes: number;
  readonly sha256: string;
}

const FOLDER = 'uploads';

/** Files below `uploads/<workspace>/<id>/` of the stage: no row remembers them, the id tells when they came. */
export class UploadFiles {
  constructor(private readonly stage: Stage | undefined) {}

  /** A client that goes away leaves nothing behind. @throws MillraceError `uploads.no_stage`, `stage.full`, `request.invalid` */
  async store(workspaceId: string, name: string, body: Readable): Promise<StoredUpload> {
    const stage = this.folder();
    const id = newId('upload');
    await using temp = await stage.tempDir();
    const path = join(temp.path, 'upload');
    await pipeline(body, createWriteStream(path, { flags: 'wx' })).catch((error: unknown) => {
      throw incomplete(error);
    });
    const { bytes, sha256 } = await stage.put(`${folderOf(workspaceId)}/${id}/${name}`, path);
    return { id, name, root: `${stage.url.replace(/\/+$/, '')}/${folderOf(workspaceId)}/${id}`, bytes, sha256 };
  }

  /** @throws MillraceError `request.not_found` */
  async remove(workspaceId: string, id: string): Promise<void> {
    const folder = `${folderOf(workspaceId)}/${id}`;
    const { stage } = this;
    if (!stage || (await stage.list(folder)).length === 0)
      throw new MillraceError('request.not_found', { detail: `There is no upload ${id}.` });
    await stage.remove(folder);
  }

  /** Of all workspaces. @returns how many went */
  async removeBefore(time: Date): Promise<number> {
    const { stage } = this;
    if (!stage) return 0;
    const folders = (await stage.list(FOLDER)).map((workspaceId) => `${FOLDER}/${workspaceId}`);
    const first = firstIdOf('upload', time);
    let removed = 0;
    for (const folder of folders) {
      const old = (await stage.list(folder)).filter((id) => isId('upload', id) && id < first);
      for (const id of old) await stage.remove(`${folder}/${id}`);
      removed += old.length;
    }
    return removed;
  }

  private folder(): Stage {
    if (!this.stage) throw new MillraceError('uploads.no_stage', { detail: 'MILLRACE_STAGE_URL is not set for the API.' });
    if (this.stage.url.startsWith('file:')) return this.stage;
    throw new MillraceError('uploads.no_stage', {
      detail: 'MILLRACE_STAGE_URL is a bucket, and sources of files read folders.',
      suggestion: 'Put the file into a folder that all workers see, and make that the root of the source.',
    });
  }
}

const folderOf = (workspaceId: string): string => `${FOLDER}/${workspaceId}`;

function incomplete(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new MillraceError('stage.full', { detail: 'The upload does not fit into the stage.', cause: error });
  if (code !== 'ECONNRESET' && code !== 'ERR_STREAM_PREMATURE_CLOSE') return error;
  return new MillraceError('request.invalid', { detail: 'The body ended before all of it had come.', cause: error });
}
