import { type Command, Option } from 'commander';
import { type ApiKey, every } from '../../client/index.js';
import { type Call, addApiCommand, addNoun, withApi } from '../command.js';
import { confirm } from '../confirm.js';
import { invalid } from '../input.js';
import { type LimitOption, addLimit, pageSize, take } from '../listing.js';
import { pickByName } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { time } from '../output/text.js';

const DAY_MS = 86_400_000;

export function addKeys(program: Command): void {
  const noun = addNoun(program, 'keys', 'API keys of the workspace.');
  addCreate(noun);
  addList(noun);
  addRotate(noun);
  addRevoke(noun);
}

interface CreateOptions {
  readonly scope: 'read' | 'operate' | 'admin';
  readonly expires?: string;
}

function addCreate(noun: Command): void {
  addApiCommand(noun, 'create <name>', {
    description: 'Create a key and print it. It is shown this once and stored nowhere.',
    examples: ['millrace keys create ci --scope operate --expires 90d', 'KEY=$(millrace keys create dashboards)'],
  })
    .addOption(
      new Option('--scope <scope>', 'read sees; operate also runs; admin also changes')
        .choices(['read', 'operate', 'admin'])
        .default('read'),
    )
    .option('--expires <when>', 'days from now such as 90d, or a time such as 2027-01-01T00:00:00Z; never when absent')
    .action(withApi<[string], CreateOptions>(create));
}

async function create({ api, args: [name], options: { scope, expires }, out }: Call<[string], CreateOptions>): Promise<void> {
  const expiresAt = expires === undefined ? null : expiryOf(expires);
  const made = await api.createApiKey({ body: { name, scope, expiresAt } });
  out.result(made, () => made.key);
  say(`Created key ${name} (${scope}${expiresAt === null ? '' : `, expires ${time(expiresAt)}`}). It is not shown again.`);
}

function expiryOf(text: string): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const at = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY_MS;
  if (Number.isNaN(at)) throw invalid('--expires', `${text} is no time.`, 'Give days such as 90d, or 2027-01-01T00:00:00Z.');
  return new Date(at).toISOString();
}

function addList(noun: Command): void {
  const help = { description: 'List the keys, never the keys themselves.', examples: ['millrace keys list'] };
  addLimit(addApiCommand(noun, 'list', help)).action(
    withApi<[], LimitOption>(async ({ api, options: { limit }, out }) => {
      out.list(await take(every(api.listApiKeys, { limit: pageSize(limit) }), limit), tableOf);
    }),
  );
}

function addRotate(noun: Command): void {
  addApiCommand(noun, 'rotate <key>', {
    description: 'Make a new key in place of an old one, by name or id, and print it. It is shown this once.',
    examples: ['KEY=$(millrace keys rotate ci)', 'millrace keys rotate ci --overlap 0s'],
  })
    .option('--overlap <duration>', 'how long the old key still works, such as 1h', '24h')
    .action(
      withApi<[string], { overlap: string }>(async ({ api, args: [typed], options: { overlap }, out }) => {
        const { id, name } = await pickByName('key', typed, standing(every(api.listApiKeys, { limit: 200 })));
        const made = await api.rotateApiKey({ id, body: { overlap } });
        out.result(made, () => made.key);
        say(`Made a new key ${name}. It is not shown again; the old one works for another ${overlap}.`);
      }),
    );
}

function addRevoke(noun: Command): void {
  addApiCommand(noun, 'revoke <key>', {
    description: 'Revoke a key at once, by name or id.',
    examples: ['millrace keys revoke ci --yes'],
  })
    .option('--yes', 'do it without asking')
    .action(
      withApi<[string], { yes?: true }>(async ({ api, args: [typed], options, out }) => {
        const { id, name } = await pickByName('key', typed, standing(every(api.listApiKeys, { limit: 200 })));
        await confirm({ what: `The key ${name} (${id}) is going to stop working at once.`, name, yes: options.yes === true });
        await api.revokeApiKey({ id });
        out.result({ id, name, revoked: true }, () => `Revoked key ${name}.`);
      }),
    );
}

async function* standing(keys: AsyncIterable<ApiKey>): AsyncGenerator<ApiKey> {
  for await (const key of keys) if (key.revokedAt === null) yield key;
}

function tableOf(keys: readonly ApiKey[]): string {
  const columns = [
    { title: 'name' },
    { title: 'scope' },
    { title: 'starts with' },
    { title: 'last used' },
    { title: 'expires' },
    { title: 'revoked' },
    { title: 'id' },
  ];
  const rows = keys.map(({ name, scope, prefix, lastUsedAt, expiresAt, revokedAt, id }) => [
    name,
    scope,
    prefix,
    time(lastUsedAt),
    time(expiresAt),
    time(revokedAt),
    id,
  ]);
  return formatTable(columns, rows, stdoutWidth());
}
