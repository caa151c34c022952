import { type Command, Option } from 'commander';
import type { Client, Verification } from '../../client/index.js';
import { type Call, addApiCommand, withApi } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { collect } from '../input.js';
import { findConnection, findStream } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { count } from '../output/text.js';
import { listenForInterrupts } from '../progress/interrupts.js';

interface VerifyOptions {
  readonly stream?: readonly string[];
  readonly method?: 'count' | 'hash';
  readonly scope?: 'table' | 'run';
  readonly run?: number;
  readonly wait: boolean;
}

export function addVerify(program: Command): void {
  addApiCommand(program, 'verify <connection>', {
    description: 'Compare sources with their targets. Exits 1 when they differ.',
    examples: [
      'millrace verify shop',
      'millrace verify shop --stream public.orders --method count',
      'millrace verify shop --scope run',
    ],
  })
    .option('--stream <stream>', 'only this stream; several times', collect)
    .addOption(new Option('--method <method>', 'count rows, or compare hashes of them').choices(['count', 'hash']))
    .addOption(new Option('--scope <scope>', 'whole tables, or what a run loaded').choices(['table', 'run']))
    .option('--run <number>', 'the run of --scope run; the newest when absent', Number)
    .option('--wait', 'wait for the end (the default)', true)
    .option('--no-wait', 'print the id and leave it to itself')
    .action(withApi<[string], VerifyOptions>(verify));
}

async function verify({ api, args: [typed], options, out }: Call<[string], VerifyOptions>): Promise<ExitCode | void> {
  const connection = await findConnection(api, typed);
  const body = {
    ...(options.stream && { streams: options.stream.map((name) => findStream(connection, name)) }),
    ...(options.method && { method: options.method }),
    ...(options.scope && { scope: options.scope }),
    ...(options.run !== undefined && { run: options.run }),
  };
  const begun = await api.verifyConnection({ id: connection.id, body });
  if (!options.wait) return out.result(begun, () => begun.id);
  using interrupts = listenForInterrupts();
  const ended = await untilEnded(api, begun, interrupts.left);
  if (ended.status === 'running') {
    say(`Left the comparison to itself: ${ended.id}`);
    return interrupts.code() ?? EXIT.interrupted;
  }
  if (ended.matched === true) return out.result(ended, () => tableOf(ended));
  const first = ended.streams.find(({ error }) => error !== null)?.error;
  out.failedResult(ended, () => tableOf(ended), {
    code: first?.code ?? 'verify.mismatch',
    message: first?.message ?? 'Source and target differ.',
    suggestion: first?.suggestion ?? 'The differences stand in --json; millrace sync --refresh loads a stream anew.',
  });
  return EXIT.failed;
}

/** Long answers are asked for, so that nobody looks again and again. */
async function untilEnded(api: Client, begun: Verification, signal: AbortSignal): Promise<Verification> {
  let verification = begun;
  while (verification.status === 'running' && !signal.aborted) {
    say(`Comparing ${verification.streams.map(({ name }) => name).join(', ')} …`);
    verification = await api
      .getVerification({ id: begun.id, wait: '10s' }, { signal })
      .catch((error: unknown) => (signal.aborted ? verification : Promise.reject(error)));
  }
  return verification;
}

function tableOf({ streams }: Verification): string {
  const columns = [
    { title: 'stream' },
    { title: 'status' },
    { title: 'source', align: 'right' },
    { title: 'target', align: 'right' },
    { title: 'missing', align: 'right' },
    { title: 'extra', align: 'right' },
    { title: 'different', align: 'right' },
  ] as const;
  const rows = streams.map(({ name, status, result }) => {
    const numbers = result
      ? [
          result.rows.source,
          result.rows.target,
          result.differences.missing,
          result.differences.extra,
          result.differences.different,
        ]
      : [];
    return [name, status, ...numbers.map(count)];
  });
  return formatTable(columns, rows, stdoutWidth());
}
