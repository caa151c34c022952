import type { Command } from 'commander';
import { type Client, type System, every } from '../../client/index.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type Call, addApiCommand, addNoun, withApi } from '../command.js';
import { confirm } from '../confirm.js';
import { collect } from '../input.js';
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
import { quoted } from '../names/quoted.js';
import { type SystemKind, findSystem } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { facts, time } from '../output/text.js';
import { type ConfigOptions, configOf } from '../system-config.js';
import { unknownConnector } from './connectors.js';

/** `sources` or `destinations`: the same verbs over the same operations. */
export function addSystems(program: Command, kind: SystemKind): void {
  const noun = addNoun(program, `${kind}s`, kind === 'source' ? 'Where rows come from.' : 'Where rows go to.');
  addList(noun, kind);
  addShow(noun, kind);
  addAdd(noun, kind);
  addTest(noun, kind);
  addRemove(noun, kind);
  addRestore(noun, kind);
}

/** The operations of a kind under one name each. */
function operations(api: Client, kind: SystemKind) {
  return kind === 'source'
    ? {
        list: api.listSources,
        create: api.createSource,
        check: api.checkSource,
        remove: api.deleteSource,
        restore: api.restoreSource,
      }
    : {
        list: api.listDestinations,
        create: api.createDestination,
        check: api.checkDestination,
        remove: api.deleteDestination,
        restore: api.restoreDestination,
      };
}

function addList(noun: Command, kind: SystemKind): void {
  const help = { description: `List the ${kind}s, newest first.`, examples: [`millrace ${kind}s list --json`] };
  addDeleted(addLimit(addApiCommand(noun, 'list', help))).action(
    withApi<[], LimitOption & DeletedOption>(async ({ api, options, out }) => {
      const { limit } = options;
      const filter = { limit: pageSize(limit), ...deletedFilter(options) };
      out.list(await take(every(operations(api, kind).list, filter), limit), tableOf);
    }),
  );
}

function addShow(noun: Command, kind: SystemKind): void {
  const help = { description: `Show a ${kind}. Secrets are only said to be set.`, examples: [`millrace ${kind}s show crm`] };
  addApiCommand(noun, `show <${kind}>`, help).action(
    withApi<[string]>(async ({ api, args: [name], out }) => {
      const system = await findSystem(api, kind, name);
      out.result(system, () => describe(system));
    }),
  );
}

interface AddOptions extends ConfigOptions {
  readonly connector: string;
}

function addAdd(noun: Command, kind: SystemKind): void {
  addApiCommand(noun, 'add <name>', {
    description: `Add a ${kind}.`,
    examples: [
      `millrace ${kind}s add crm --connector postgres --set-env url=CRM_URL`,
      `millrace ${kind}s add crm --connector postgres --set host=db --set user=sync --set database=crm --set-env password=PASSWORD`,
      `millrace ${kind}s add crm --connector postgres --set host=db --set user=sync --set-ref password=env:SECRET_CRM`,
      `millrace ${kind}s add crm --connector postgres --config @crm.json`,
    ],
  })
    .requiredOption('--connector <id>', 'see millrace connectors list')
    .option('--config <json>', 'the whole configuration: JSON, @file, or - for stdin')
    .option('--set <key=value>', 'one field of the configuration; several times', collect)
    .option('--set-env <key=variable>', 'one field from an environment variable, for secrets; several times', collect)
    .option('--set-ref <key=reference>', 'a secret that the worker looks up: env:NAME or file:/path; several times', collect)
    .action(withApi<[string], AddOptions>((call) => add(call, kind)));
}

async function add({ api, args: [name], options, out }: Call<[string], AddOptions>, kind: SystemKind): Promise<void> {
  const { data } = await api.listConnectors({ kind });
  if (!data.some(({ id }) => id === options.connector)) throw unknownConnector(options.connector, data);
  const { list, create } = operations(api, kind);
  await refuseTaken(kind, name, every(list, { limit: 200 }));
  const made = await create({ body: { name, connector: options.connector, config: configOf(options, process.env) } });
  out.result(made, () => made.id);
  say(`Added ${kind} ${name}. Next: millrace ${kind}s test ${quoted(name)}`);
}

/** The API lets two have the same name; here, names are what people type. */
export async function refuseTaken(noun: string, name: string, items: AsyncIterable<{ id: string; name: string }>): Promise<void> {
  for await (const item of items) {
    if (item.name !== name) continue;
    throw new MillraceError('request.conflict', {
      detail: `There is a ${noun} ${name} already (${item.id}).`,
      suggestion: 'Choose another name, or remove that one first.',
    });
  }
}

function addTest(noun: Command, kind: SystemKind): void {
  const help = {
    description: `Try to reach a ${kind}: facts about it, or what is wrong.`,
    examples: [`millrace ${kind}s test crm`],
  };
  addApiCommand(noun, `test <${kind}>`, help).action(
    withApi<[string]>(async ({ api, args: [name], out }) => {
      const { id } = await findSystem(api, kind, name);
      const result = await operations(api, kind).check({ id });
      out.result(result, () => [`✓ ${name} can be reached.`, facts(Object.entries(result.facts))].join('\n'));
    }),
  );
}

function addRemove(noun: Command, kind: SystemKind): void {
  addApiCommand(noun, `rm <${kind}>`, {
    description: `Remove a ${kind} that no connection uses. Nothing in the system itself changes.`,
    examples: [`millrace ${kind}s rm crm --yes`],
  })
    .option('--yes', 'do it without asking')
    .option('--forever', 'so that it cannot be restored and its secrets are gone')
    .action(
      withApi<[string], RemoveOptions>(async ({ api, args: [typed], options, out }) => {
        const { id, name } = await findSystem(api, kind, typed);
        await confirm({ what: `The ${kind} ${name} (${id}) is going to be removed.`, name, yes: options.yes === true });
        const { remove, list } = operations(api, kind);
        await remove({ id, ifMatch: '*', ...forever(options) });
        const { restorableUntil, hint } = await restoreHint(kind, { id, name }, list);
        out.result({ id, name, removed: true, restorableUntil }, () => `Removed ${kind} ${name}.`);
        say(hint);
      }),
    );
}

function addRestore(noun: Command, kind: SystemKind): void {
  addApiCommand(noun, `restore <deleted-${kind}>`, {
    description: `Bring a ${kind} back that was removed.`,
    examples: [`millrace ${kind}s list --deleted`, `millrace ${kind}s restore crm`],
  }).action(
    withApi<[string]>(async ({ api, args: [typed], out }) => {
      const { list, restore } = operations(api, kind);
      const restored = await restore({ id: (await findDeleted(kind, typed, list)).id });
      out.result(restored, () => `Restored ${kind} ${restored.name}.`);
    }),
  );
}

function tableOf(systems: readonly System[]): string {
  const columns = [{ title: 'name' }, { title: 'connector' }, { title: 'id' }, { title: 'changed' }];
  const rows = systems.map(({ name, connector, id, updatedAt }) => [name, connector, id, time(updatedAt)]);
  return formatTable(columns, rows, stdoutWidth());
}

function describe({ id, name, connector, config, createdAt, updatedAt }: System): string {
  const fields = Object.entries(config).map(([key, value]) => [`config.${key}`, valueText(value)] as const);
  return facts([
    ['id', id],
    ['name', name],
    ['connector', connector],
    ...fields,
    ['created', time(createdAt)],
    ['changed', time(updatedAt)],
  ]);
}

function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 1) {
    if ('set' in value) return '(secret, set)';
    if ('ref' in value) return `(secret, at ${String(value.ref)})`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
