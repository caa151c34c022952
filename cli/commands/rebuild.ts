import type { Command } from 'commander';
import type { RebuildReport } from '../../client/index.js';
import { addApiCommand, withApi } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { yesNo } from '../output/text.js';

const COLUMNS = [
  { title: 'connection' },
  { title: 'streams', align: 'right' },
  { title: 'epoch', align: 'right' },
  { title: 'paused' },
] as const;

export function addRebuild(program: Command): void {
  addApiCommand(program, 'rebuild', {
    description: 'Bring back what a lost Temporal database held: cursors from the ledgers in the destinations, and schedules.',
    examples: ['millrace rebuild', 'millrace rebuild --json'],
  }).action(
    withApi<[]>(async ({ api, out }) => {
      const report = await api.rebuild();
      out.result(report, () => tableOf(report));
      say(
        `Connections that know where they stand: ${report.connections.length}. Schedules that were put right: ${report.schedules}.`,
      );
      for (const { name, code, message } of report.failures) say(`✗ ${name}: ${code}: ${message}`);
      return report.failures.length === 0 ? EXIT.ok : EXIT.failed;
    }),
  );
}

function tableOf({ connections }: RebuildReport): string {
  const rows = connections.map(({ name, epoch, streams, paused }) => [name, String(streams), String(epoch), yesNo(paused)]);
  return formatTable(COLUMNS, rows, stdoutWidth());
}
