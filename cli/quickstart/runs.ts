import type { Client, Run } from '../../client/index.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type Column, formatTable } from '../output/table.js';
import { count, position } from '../output/text.js';
import { isOpen } from '../progress/watch.js';

export interface EndedRun extends Run {
  readonly endedAt: string;
}

const LONGEST_MS = 120_000;

/** Asks for a run and waits for its end. @throws MillraceError when it did not succeed */
export async function runToEnd(api: Client, connectionId: string): Promise<EndedRun> {
  const asked = await api.requestSync({ id: connectionId, wait: '30s', body: { trigger: 'manual' } });
  const run = await untilEnded(api, asked);
  if (run.status !== 'succeeded') throw failed(run);
  return run as EndedRun;
}

async function untilEnded(api: Client, asked: Run): Promise<Run> {
  const deadline = Date.now() + LONGEST_MS;
  let run = asked;
  while (isOpen(run) && Date.now() < deadline) run = await api.getRun({ id: run.id, wait: '10s' });
  if (!isOpen(run)) return run;
  throw new MillraceError('engine.internal', { detail: `Run ${run.id} did not end in two minutes.` });
}

function failed({ number, status, streams, error }: Run): MillraceError {
  const reasons = [...streams.map(({ name, error: own }) => own && `${name}: ${own.code}: ${own.message}`), error?.message];
  const detail = [`Run ${number} ended as ${status}.`, ...reasons.filter((reason) => typeof reason === 'string')];
  return new MillraceError('engine.internal', {
    detail: detail.join('\n'),
    suggestion: 'See the run in the Temporal UI, or its logs.',
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'stream' },
  { title: 'mode' },
  { title: 'extracted', align: 'right' },
  { title: 'loaded', align: 'right' },
  { title: 'cursor' },
];

export function tableOf(runs: readonly EndedRun[], modes: Readonly<Record<string, string>>): string {
  const rows = runs
    .flatMap((run) => run.streams)
    .map((stream) => [
      stream.name,
      modes[stream.name] ?? '',
      count(stream.rows.extracted),
      count(stream.rows.loaded),
      position(stream.cursor),
    ]);
  return formatTable(COLUMNS, rows);
}
