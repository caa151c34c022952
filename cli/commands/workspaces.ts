import type { Command } from 'commander';
import { type Workspace, every } from '../../client/index.js';
import { addApiCommand, addNoun, withApi } from '../command.js';
import { confirm } from '../confirm.js';
import { type LimitOption, addLimit, pageSize, take } from '../listing.js';
import { pickByName } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { time } from '../output/text.js';

export function addWorkspaces(program: Command): void {
  const noun = addNoun(program, 'workspaces', 'Parts of an installation that see nothing of each other.');
  addList(noun);
  addCreate(noun);
  addRemove(noun);
}

function addList(noun: Command): void {
  const help = { description: 'List the workspaces that the key may see.', examples: ['millrace workspaces list'] };
  addLimit(addApiCommand(noun, 'list', help)).action(
    withApi<[], LimitOption>(async ({ api, options: { limit }, out }) => {
      out.list(await take(every(api.listWorkspaces, { limit: pageSize(limit) }), limit), tableOf);
    }),
  );
}

function addCreate(noun: Command): void {
  addApiCommand(noun, 'create <name>', {
    description: 'Create a workspace and print its first admin key. The key is shown this once and stored nowhere.',
    examples: ['KEY=$(millrace workspaces create sales)'],
  }).action(
    withApi<[string]>(async ({ api, args: [name], out }) => {
      const made = await api.createWorkspace({ body: { name } });
      out.result(made, () => made.apiKey.key);
      say(`Created workspace ${name} (${made.id}). Its key is not shown again.`);
    }),
  );
}

function addRemove(noun: Command): void {
  addApiCommand(noun, 'rm <workspace>', {
    description: 'Remove an empty workspace with its keys.',
    examples: ['millrace workspaces rm sales --yes'],
  })
    .option('--yes', 'do it without asking')
    .action(
      withApi<[string], { yes?: true }>(async ({ api, args: [typed], options, out }) => {
        const { id, name } = await pickByName('workspace', typed, every(api.listWorkspaces, { limit: 200 }));
        await confirm({
          what: `The workspace ${name} (${id}) and its keys are going to be removed.`,
          name,
          yes: options.yes === true,
        });
        await api.deleteWorkspace({ id, ifMatch: '*' });
        out.result({ id, name, removed: true }, () => `Removed workspace ${name}.`);
      }),
    );
}

function tableOf(workspaces: readonly Workspace[]): string {
  const columns = [{ title: 'name' }, { title: 'id' }, { title: 'created' }];
  return formatTable(
    columns,
    workspaces.map(({ name, id, createdAt }) => [name, id, time(createdAt)]),
    stdoutWidth(),
  );
}
