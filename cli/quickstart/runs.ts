import { z } from 'zod';
import { MillraceError } from '../../platform/errors/error.js';
import type { ApiClient } from '../client.js';
import { type Column, formatTable } from '../output/table.js';

const ROWS = z.object({ extracted: z.number(), loaded: z.number(), repeated: z.number() });
const ERROR = z.object({ code: z.string(), message: z.string(), suggestion: z.string() });
const STREAM = z.object({ name: z.string(), status: z.string(), rows: ROWS, cursor: z.unknown(), error: ERROR.nullable() });
const RUN = z.object({
  id: z.string(),
  number: z.number(),
  status: z.string(),
  temporalUrl: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  error: ERROR.nullable(),
});
const STREAMS = z.object({ data: z.array(STREAM) });
const ACCEPTED = z.object({ id: z.string() });

export type RunStream = z.infer<typeof STREAM>;
export interface EndedRun extends z.infer<typeof RUN> {
  readonly streams: readonly RunStream[];
}

const OPEN = new Set(['queued', 'running']);
const LONGEST_MS = 120_000;

/** Asks for a run and waits for its end. @throws MillraceError when it did not succeed */
export async function runToEnd(api: ApiClient, connectionId: string): Promise<EndedRun> {
  const { id } = await api.post(`/v1/connections/${connectionId}/syncs?wait=30s`, { trigger: 'manual' }, ACCEPTED);
  const run = await untilEnded(api, id);
  const { data } = await api.get(`/v1/runs/${id}/streams`, STREAMS);
  if (run.status !== 'succeeded') throw failed(run, data);
  return { ...run, streams: data };
}

async function untilEnded(api: ApiClient, id: string): Promise<z.infer<typeof RUN>> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const run = await api.get(`/v1/runs/${id}`, RUN);
    if (!OPEN.has(run.status)) return run;
    if (Date.now() > deadline) throw new MillraceError('engine.internal', { detail: `Run ${id} did not end in two minutes.` });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function failed(run: z.infer<typeof RUN>, streams: readonly RunStream[]): MillraceError {
  const reasons = [...streams.map(({ name, error }) => error && `${name}: ${error.code}: ${error.message}`), run.error?.message];
  const detail = [`Run ${run.number} ended as ${run.status}.`, ...reasons.filter((reason) => typeof reason === 'string')];
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
      cursorText(stream.cursor),
    ]);
  return formatTable(COLUMNS, rows);
}

const count = (rows: number): string => rows.toLocaleString('en-US');

const CURSOR = z.object({ cursor: z.object({ field: z.string(), value: z.string().nullable() }) });

function cursorText(cursor: unknown): string {
  const mark = CURSOR.safeParse(cursor).data?.cursor;
  return mark?.value ? `${mark.field} ${mark.value}` : '–';
}
