import { openObjectStore } from '../../../platform/objects/open.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { ParquetConfig } from './config.js';

/** The place that all of it is in; close it. */
export function openRoot({ config, signal }: ConnectorContext<ParquetConfig>): Promise<ObjectStore> {
  const { root, endpoint, region, pathStyle, accessKeyId, secretAccessKey, sessionToken } = config;
  return openObjectStore(root, { endpoint, region, pathStyle, accessKeyId, secretAccessKey, sessionToken }, signal);
}
