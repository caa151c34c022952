import type { Command } from 'commander';
import type { Connector } from '../../client/index.js';
import { MillraceError } from '../../platform/errors/error.js';
import { addApiCommand, addNoun, withApi } from '../command.js';
import { didYouMean } from '../names/did-you-mean.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { facts } from '../output/text.js';
import { whole } from '../listing.js';

export function addConnectors(program: Command): void {
  const noun = addNoun(program, 'connectors', 'What Millrace can read from and write to.');
  addApiCommand(noun, 'list', { description: 'List the connectors.', examples: ['millrace connectors list'] }).action(
    withApi(async ({ api, out }) => {
      const { data } = await api.listConnectors();
      out.list(whole(data), tableOf);
    }),
  );
  addApiCommand(noun, 'show <connector>', {
    description: 'Show a connector and the fields of its configuration.',
    examples: ['millrace connectors show postgres', 'millrace connectors show postgres --kind destination'],
  })
    .option('--kind <kind>', 'source or destination, where one id names both')
    .action(
      withApi<[string], { kind?: 'source' | 'destination' }>(async ({ api, args: [id], options: { kind }, out }) => {
        const { data } = await api.listConnectors();
        const found = data.find((connector) => connector.id === id && (kind === undefined || connector.kind === kind));
        if (!found) throw unknownConnector(id, data);
        out.result(found, () => describe(found));
      }),
    );
}

export function unknownConnector(id: string, known: readonly Connector[]): MillraceError {
  const ids = [...new Set(known.map((connector) => connector.id))];
  return new MillraceError('connector.unknown', {
    detail: `There is no connector ${id}.`,
    suggestion: didYouMean(id, ids) ?? `There are: ${ids.join(', ')}.`,
  });
}

function tableOf(connectors: readonly Connector[]): string {
  const columns = [
    { title: 'id' },
    { title: 'kind' },
    { title: 'title' },
    { title: 'stability' },
    { title: 'package' },
    { title: 'modes' },
  ];
  const rows = connectors.map(({ id, kind, title, stability, origin, modes }) => [
    ...[id, kind, title, stability],
    ...[packageOf(origin), modes.join(', ')],
  ]);
  return formatTable(columns, rows, stdoutWidth());
}

const packageOf = ({ package: name, version }: Connector['origin']): string => `${name} ${version}`;

interface Field {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly secret?: boolean;
  readonly default?: unknown;
}

function describe({ id, kind, title, stability, origin, modes, guarantee, refuses = [], config }: Connector): string {
  const fields = Object.entries((config['properties'] ?? {}) as Readonly<Record<string, Field>>);
  const required = (config['required'] ?? []) as readonly string[];
  const rows = fields.map(([name, field]) => [name, typeOf(field), required.includes(name) ? 'yes' : '', remarks(field)]);
  const columns = [{ title: 'field' }, { title: 'type' }, { title: 'needed' }, { title: 'meaning' }];
  const head = facts([
    ['id', id],
    ['kind', kind],
    ['title', title],
    ['stability', stability],
    ['package', packageOf(origin)],
    ['modes', modes.join(', ')],
    ...(guarantee ? [['guarantee', guarantee] as const] : []),
    ...(refuses.length > 0 ? [['refuses', refuses.join(', ')] as const] : []),
  ]);
  return `${head}\n\n${formatTable(columns, rows, stdoutWidth())}`;
}

function typeOf({ type, secret }: Field): string {
  const name = typeof type === 'string' ? type : (type ?? []).join(' | ');
  return secret ? `${name || 'any'}, secret` : name;
}

function remarks({ description = '', default: fallback }: Field): string {
  return fallback === undefined ? description : `${description} Default: ${JSON.stringify(fallback)}.`.trim();
}
