/**
 * Loads slices into a PostgreSQL server: rows and ledger row in one transaction.
 * @module
 */
import { nativeFormat } from '../../postgres/native.js';
import { defineDestination } from '../../sdk/define.js';
import { fitIdentifier } from '../../../schema/naming.js';
import { check } from './check.js';
import { type PostgresDestinationConfig, config } from './config.js';
import { fence, outlook } from './fence.js';
import { targetHashes } from './hashes.js';
import { planTarget } from './plan-target.js';
import { readBack } from './read-back.js';
import { fateOf, runsOfRead } from './fate.js';
import { slicesOfRun, standing } from './standing.js';
import { load } from './write.js';

export default defineDestination<PostgresDestinationConfig>({
  id: 'postgres',
  title: 'PostgreSQL',
  stability: 'stable',
  guarantee: 'transactional',
  config,
  check,
  /** `public.orders` → orders, `sales.orders` → sales_orders. */
  defaultTarget: (settings, stream) => ({
    schema: settings.schema,
    table: fitIdentifier(stream.replace(/^public\./, '').replaceAll('.', '_')),
  }),
  takesNative: (format, fields) => format === nativeFormat(fields),
  fence,
  outlook,
  planTarget,
  standing,
  slicesOfRun,
  fateOf,
  runsOfRead,
  load,
  targetHashes,
  readBack,
});
