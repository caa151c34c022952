/**
 * Loads slices as Parquet files into a folder or a bucket: an entry of a log makes rows and position durable together.
 * @module
 */
import { fitIdentifier } from '../../../schema/naming.js';
import { defineDestination } from '../../sdk/define.js';
import { check } from './check.js';
import { type ParquetConfig, config } from './config.js';
import { fence, outlook } from './fence.js';
import { planTarget } from './plan-target.js';
import { slicesOfRun, standing } from './standing.js';
import { MODES, load } from './write.js';

export default defineDestination<ParquetConfig>({
  id: 'parquet',
  title: 'Parquet files',
  stability: 'beta',
  guarantee: 'transactional',
  modes: MODES,
  refuses: ['window', 'quarantine'],
  config,
  check,
  /** `public.orders` → orders, `sales.orders` → sales_orders. */
  defaultTarget: (settings, stream) => ({
    schema: settings.schema,
    table: fitIdentifier(stream.replace(/^public\./, '').replaceAll('.', '_')),
  }),
  fence,
  outlook,
  planTarget,
  standing,
  slicesOfRun,
  load,
});
