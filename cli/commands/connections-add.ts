import type { Command } from 'commander';
import { every } from '../../client/index.js';
import { type Call, addApiCommand, withApi } from '../command.js';
import { type ConnectionOptions, connectionOf } from '../connection-input.js';
import { collect } from '../input.js';
import { quoted } from '../names/quoted.js';
import { findSystem } from '../names/resolve.js';
import { say } from '../output/report.js';
import { refuseTaken } from './systems.js';

interface AddOptions extends ConnectionOptions {
  readonly from: string;
  readonly to: string;
}

export function addConnectionAdd(noun: Command): void {
  addApiCommand(noun, 'add <name>', {
    description: 'Add a connection between a source and a destination.',
    examples: [
      'millrace connections add shop --from crm --to warehouse --stream public.customers',
      'millrace connections add shop --from crm --to warehouse --every 15m \\',
      '    --stream public.orders,mode=incremental_deduped,cursorField=updated_at,target=sales.orders',
      'millrace connections add shop --from crm --to warehouse --config @shop.json',
    ],
  })
    .requiredOption('--from <source>', 'name or id of the source')
    .requiredOption('--to <destination>', 'name or id of the destination')
    .option('--stream <name[,key=value…]>', 'a stream and its settings; several times', collect)
    .option('--mode <mode>', 'write mode of streams that name none', 'full_refresh_overwrite')
    .option('--schema <name>', 'schema of all targets in the destination')
    .option('--every <duration>', 'run it by itself, such as every 15m')
    .option('--cron <expression>', 'run it by itself, such as "0 6 * * mon-fri"')
    .option('--timezone <name>', 'of the cron expression, such as Europe/Berlin')
    .option('--config <json>', 'everything else, and all settings of streams: JSON, @file, or - for stdin')
    .action(withApi<[string], AddOptions>(add));
}

async function add({ api, args: [name], options, out }: Call<[string], AddOptions>): Promise<void> {
  const [source, destination] = await Promise.all([
    findSystem(api, 'source', options.from),
    findSystem(api, 'destination', options.to),
  ]);
  await refuseTaken('connection', name, every(api.listConnections, { limit: 200 }));
  const body = connectionOf(name, { sourceId: source.id, destinationId: destination.id }, options);
  const made = await api.createConnection({ body });
  out.result(made, () => made.id);
  say(`Added connection ${name}. Next: millrace sync ${quoted(name)}`);
}
