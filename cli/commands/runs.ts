import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { Option } from 'commander';
import { type Client, type RunSummary, every } from '../../client/index.js';
import { type Call, addApiCommand, addNoun, withApi } from '../command.js';
import type { ExitCode } from '../exit-codes.js';
import { type LimitOption, addLimit, pageSize, take } from '../listing.js';
import { findConnection, findRun, isId } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { duration, time } from '../output/text.js';
import { followRun } from '../progress/follow.js';
import { describeRun } from '../progress/summary.js';
import { addRunLogs } from './run-logs.js';

const RUN_ARGUMENT = 'A run is run_…, shop/42, or shop for the newest of that connection.';

export function addRuns(program: Command): void {
  const noun = addNoun(program, 'runs', 'What ran, and what became of it.');
  addList(noun);
  addShow(noun);
  addRunLogs(noun);
  addWatch(noun);
  addCancel(noun);
  addRetry(noun);
}

interface ListOptions extends LimitOption {
  readonly status?: string;
}

function addList(noun: Command): void {
  const command = addApiCommand(noun, 'list [connection]', {
    description: 'List runs, newest first.',
    examples: ['millrace runs list', 'millrace runs list shop --status failed,partial', 'millrace runs list --output ndjson'],
  }).option('--status <names>', 'only these, separated by commas: queued running succeeded partial failed cancelled delayed');
  addLimit(command).action(withApi<[string | undefined], ListOptions>(list));
}

async function list({ api, args: [typed], options, out }: Call<[string | undefined], ListOptions>): Promise<void> {
  const { limit, status } = options;
  const connectionId = typed === undefined ? undefined : await connectionIdOf(api, typed);
  const filter = { ...(connectionId !== undefined && { connectionId }), ...(status !== undefined && { status }) };
  const runs = await take(every(api.listRuns, { ...filter, limit: pageSize(limit) }), limit);
  out.list(runs, tableOf);
}

/** Runs of a deleted connection are still listed, by its id. */
async function connectionIdOf(api: Client, typed: string): Promise<string> {
  return typed.startsWith('con_') && isId(typed) ? typed : (await findConnection(api, typed)).id;
}

function addShow(noun: Command): void {
  addApiCommand(noun, 'show <run>', {
    description: `Show a run with its streams. ${RUN_ARGUMENT}`,
    examples: ['millrace runs show shop', 'millrace runs show shop/42 --json'],
  }).action(
    withApi<[string]>(async ({ api, args: [typed], out }) => {
      const run = await findRun(api, typed);
      out.result(run, () => describeRun(run));
    }),
  );
}

function addWatch(noun: Command): void {
  addApiCommand(noun, 'watch <run>', {
    description: `Follow a run until it ends; exits as sync does. Ctrl-C stops looking, not the run. ${RUN_ARGUMENT}`,
    examples: ['millrace runs watch shop'],
  })
    .option('--strict', 'exit 4 when rows were rejected or there is something to know')
    .action(
      withApi<[string], { strict?: true }>(async ({ api, args: [typed], options: { strict = false }, out }) =>
        followRun(api, out, await findRun(api, typed), { cancels: false, strict }),
      ),
    );
}

function addCancel(noun: Command): void {
  addApiCommand(noun, 'cancel <run>', {
    description: `End a run at its next checkpoint; what was loaded stays. ${RUN_ARGUMENT}`,
    examples: ['millrace runs cancel shop', 'millrace runs cancel run_… --json'],
  }).action(
    withApi<[string]>(async ({ api, args: [typed], out }) => {
      const { id } = await findRun(api, typed);
      const run = await api.cancelRun({ id });
      out.result(run, () => `Run ${run.number} is going to end at its next checkpoint (${run.status}).`);
    }),
  );
}

interface RetryOptions {
  readonly from: 'source' | 'stage';
  readonly wait: boolean;
}

function addRetry(noun: Command): void {
  addApiCommand(noun, 'retry <run>', {
    description: `Go on where a run ended before its time. ${RUN_ARGUMENT}`,
    examples: ['millrace runs retry shop', 'millrace runs retry shop/42 --from stage --no-wait'],
  })
    .addOption(
      new Option('--from <place>', 'source, or stage: load only what is staged').choices(['source', 'stage']).default('source'),
    )
    .option('--wait', 'wait for the end (the default)', true)
    .option('--no-wait', 'print the id of the run and leave it to itself')
    .action(withApi<[string], RetryOptions>(retry));
}

async function retry({ api, args: [typed], options, out }: Call<[string], RetryOptions>): Promise<ExitCode | void> {
  const { id } = await findRun(api, typed);
  const run = await api.retryRun({ id, idempotencyKey: randomUUID(), body: { from: options.from } });
  if (options.wait) return followRun(api, out, run, { cancels: true });
  out.result(run, () => run.id);
  say(`Run ${run.number} goes on by itself. Look at it: millrace runs watch ${run.id}`);
}

function tableOf(runs: readonly RunSummary[]): string {
  const columns = [
    { title: 'run' },
    { title: 'status' },
    { title: 'trigger' },
    { title: 'started' },
    { title: 'took', align: 'right' },
    { title: 'error' },
    { title: 'id' },
  ] as const;
  const rows = runs.map((run) => [
    `${run.connectionName ?? run.connectionId}/${run.number}`,
    run.status,
    run.trigger,
    time(run.startedAt),
    duration(run.startedAt, run.endedAt),
    run.error?.code ?? '',
    run.id,
  ]);
  return formatTable(columns, rows, stdoutWidth());
}
