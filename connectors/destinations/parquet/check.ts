import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../../platform/errors/error.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import type { CheckResult, ConnectorContext } from '../../sdk/types.js';
import type { ParquetConfig } from './config.js';
import { openRoot } from './root.js';

/** Proves that objects can be written and removed, and that a name is given only once: everything rests on that. */
export async function check(context: ConnectorContext<ParquetConfig>): Promise<CheckResult> {
  await using store = await openRoot(context);
  const key = `_millrace/checks/${randomUUID()}`;
  const first = await store.putText(key, 'first');
  const second = await store.putText(key, 'second');
  const [held] = [await store.getText(key), await store.remove([key])];
  if (first !== 'created' || second !== 'taken' || held !== 'first') throw notExclusive(store);
  return { ok: true, facts: { root: store.url, kind: store.url.startsWith('s3:') ? 's3' : 'file' } };
}

function notExclusive({ url }: ObjectStore): MillraceError {
  return new MillraceError('connector.invalid_config', {
    detail: `${url} gives one name to two objects: If-None-Match is not obeyed there.`,
    suggestion: 'Use a server that obeys conditional writes, such as AWS S3 or MinIO.',
    path: 'config.root',
  });
}
