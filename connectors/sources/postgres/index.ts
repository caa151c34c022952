/**
 * Reads tables and views of a PostgreSQL server.
 * @module
 */
import { nativeFormat } from '../../postgres/native.js';
import { defineSource } from '../../sdk/define.js';
import { check } from './check.js';
import { type PostgresSourceConfig, config } from './config.js';
import { discover } from './discover.js';
import { sourceHashes } from './hashes.js';
import { preview } from './preview.js';
import { read } from './read.js';
import { estimate } from './run-estimate.js';
import { readWindow } from './window.js';

export default defineSource<PostgresSourceConfig>({
  id: 'postgres',
  title: 'PostgreSQL',
  stability: 'stable',
  config,
  check,
  discover,
  read,
  readWindow,
  preview,
  estimate,
  nativeFormat,
  sourceHashes,
});
