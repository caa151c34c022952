import type { Command } from 'commander';
import { type Connection, type ConnectionDetails, every } from '../../client/index.js';
import { addApiCommand, addNoun, withApi } from '../command.js';
import { confirm } from '../confirm.js';
import {
  type DeletedOption,
  type RemoveOptions,
  type LimitOption,
  addDeleted,
  addLimit,
  deletedFilter,
  forever,
  pageSize,
  take,
} from '../listing.js';
import { findDeleted, restoreHint } from '../names/deleted.js';
import { findConnection, namesOf } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { facts, time } from '../output/text.js';
import { addConnectionAdd } from './connections-add.js';

export function addConnections(program: Command): void {
  const noun = addNoun(program, 'connections', 'A source, a destination, the streams between them, and when.');
  addList(noun);
  addShow(noun);
  addConnectionAdd(noun);
  addPause(noun);
  addResume(noun);
  addRemove(noun);
  addRestore(noun);
}

function addList(noun: Command): void {
  const help = { description: 'List the connections, newest first.', examples: ['millrace connections list'] };
  addDeleted(addLimit(addApiCommand(noun, 'list', help))).action(
    withApi<[], LimitOption & DeletedOption>(async ({ api, options, out }) => {
      const { limit } = options;
      const filter = { limit: pageSize(limit), ...deletedFilter(options) };
      const found = await take(every(api.listConnections, filter), limit);
      const [sources, destinations] = await Promise.all([
        namesOf(every(api.listSources, { limit: 200 })),
        namesOf(every(api.listDestinations, { limit: 200 })),
      ]);
      out.list(found, (connections) => tableOf(connections, new Map([...sources, ...destinations])));
    }),
  );
}

function addShow(noun: Command): void {
  const help = { description: 'Show a connection, its streams and its next runs.', examples: ['millrace connections show shop'] };
  addApiCommand(noun, 'show <connection>', help).action(
    withApi<[string]>(async ({ api, args: [name], out }) => {
      const connection = await api.getConnection({ id: (await findConnection(api, name)).id });
      out.result(connection, () => describe(connection));
    }),
  );
}

function addPause(noun: Command): void {
  addApiCommand(noun, 'pause <connection>', {
    description: 'Pause a connection and its schedule. A run that is active goes on.',
    examples: ['millrace connections pause shop --note "until the warehouse is back"'],
  })
    .option('--note <text>', 'why, for those who wonder later')
    .action(
      withApi<[string], { note?: string }>(async ({ api, args: [typed], options: { note = '' }, out }) => {
        const { id, name } = await findConnection(api, typed);
        out.result(await api.pauseConnection({ id, body: { note } }), () => `Paused ${name}.`);
      }),
    );
}

function addResume(noun: Command): void {
  const help = { description: 'Resume a paused connection and its schedule.', examples: ['millrace connections resume shop'] };
  addApiCommand(noun, 'resume <connection>', help).action(
    withApi<[string]>(async ({ api, args: [typed], out }) => {
      const { id, name } = await findConnection(api, typed);
      out.result(await api.resumeConnection({ id }), () => `Resumed ${name}.`);
    }),
  );
}

function addRemove(noun: Command): void {
  addApiCommand(noun, 'rm <connection>', {
    description: 'Remove a connection. What it loaded stays in the destination; it can be restored for a while.',
    examples: ['millrace connections rm shop --yes'],
  })
    .option('--yes', 'do it without asking')
    .option('--forever', 'so that it cannot be restored')
    .action(
      withApi<[string], RemoveOptions>(async ({ api, args: [typed], options, out }) => {
        const { id, name } = await findConnection(api, typed);
        const what = `The connection ${name} (${id}) is going to be removed, and its active run ended; what it loaded stays.`;
        await confirm({ what, name, yes: options.yes === true });
        await api.deleteConnection({ id, ifMatch: '*', ...forever(options) });
        const { restorableUntil, hint } = await restoreHint('connection', { id, name }, api.listConnections);
        out.result({ id, name, removed: true, restorableUntil }, () => `Removed connection ${name}.`);
        say(hint);
      }),
    );
}

function addRestore(noun: Command): void {
  addApiCommand(noun, 'restore <deleted-connection>', {
    description: 'Bring a connection back that was removed, with its schedule. It goes on where it was.',
    examples: ['millrace connections list --deleted', 'millrace connections restore shop'],
  }).action(
    withApi<[string]>(async ({ api, args: [typed], out }) => {
      const { id } = await findDeleted('connection', typed, api.listConnections);
      const restored = await api.restoreConnection({ id });
      out.result(restored, () => `Restored connection ${restored.name}.`);
    }),
  );
}

function tableOf(connections: readonly Connection[], names: ReadonlyMap<string, string>): string {
  const columns = [
    { title: 'name' },
    { title: 'source' },
    { title: 'destination' },
    { title: 'streams', align: 'right' },
    { title: 'schedule' },
    { title: 'paused' },
    { title: 'id' },
  ] as const;
  const rows = connections.map(({ id, name, sourceId, destinationId, streams, schedule, paused, tripped }) => [
    name,
    names.get(sourceId) ?? sourceId,
    names.get(destinationId) ?? destinationId,
    String(streams.length),
    scheduleText(schedule),
    tripped === null ? (paused ? 'yes' : 'no') : 'tripped',
    id,
  ]);
  return formatTable(columns, rows, stdoutWidth());
}

function scheduleText(schedule: Connection['schedule']): string {
  switch (schedule.type) {
    case 'manual':
      return 'manual';
    case 'cron':
      return `${schedule.cron} ${schedule.timezone}`;
    case 'interval':
      return `every ${schedule.every}`;
  }
}

function describe(connection: ConnectionDetails): string {
  const { id, name, sourceId, destinationId, version, paused, tripped, schedule, scheduleStatus, streams } = connection;
  const head = facts([
    ['id', id],
    ['name', name],
    ['source', sourceId],
    ['destination', destinationId],
    ['version', String(version)],
    ['schedule', scheduleText(schedule)],
    ['next runs', scheduleStatus?.nextRuns.slice(0, 3).map(time).join(', ') || '–'],
    ['paused', tripped ?? (paused ? 'yes' : 'no')],
    ['changed', time(connection.updatedAt)],
  ]);
  const columns = [{ title: 'stream' }, { title: 'mode' }, { title: 'cursor' }, { title: 'key' }, { title: 'target' }];
  const rows = streams.map(({ name: stream, mode, cursorField = '–', primaryKey = [], target }) => [
    stream,
    mode,
    cursorField,
    primaryKey.join(', ') || '–',
    [target?.schema, target?.table].filter(Boolean).join('.') || '–',
  ]);
  return `${head}\n\n${formatTable(columns, rows, stdoutWidth())}`;
}
