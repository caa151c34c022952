import { FileStore } from './file-store.js';
import type { ObjectStore, S3Access } from './store.js';

/** Opens `file:///folder` or `s3://bucket/prefix`. */
export async function openObjectStore(url: string, access: S3Access, signal: AbortSignal): Promise<ObjectStore> {
  if (url.startsWith('file://')) return new FileStore(url, signal);
  const { openS3Store } = await import('./s3-store.js');
  return openS3Store(url, access, signal);
}
