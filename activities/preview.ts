import { join } from 'node:path';
import type { AnySource } from '../connectors/registry.js';
import type { Preview, Sampled, SqlDescription } from '../schema/preview.js';
import type { StreamDescription } from '../schema/types.js';
import { describeTransform, runQuery, runTransform } from '../transform/engine/index.js';
import { columnLineage } from '../transform/guard/column-lineage.js';
import { readSqlOrThrow } from '../transform/guard/index.js';
import { isRowWise } from '../transform/guard/row-wise.js';
import type { PreviewInput, PreviewOf, StageRef } from '../workflows/messages.js';
import { stageAnswer } from './answer.js';
import type { ActivityDependencies } from './dependencies.js';
import { type OpenConnector, openSource, selectedFields } from './plan.js';
import { rowsAsText, shownColumns } from './preview-rows.js';
import { emptyColumns, type Sample, takeSample } from './sample.js';
import { inShell } from './shell.js';
import { describeStream, streamsNamed } from './streams-named.js';

/** Rows of a source, as they are or after SQL, in the stage; nothing of them is in the answer itself. */
export function createPreview(dependencies: ActivityDependencies) {
  return (input: PreviewInput): Promise<StageRef> =>
    inShell((shell) =>
      stageAnswer(shell, dependencies, async (hiding) => {
        const instance = await dependencies.store.loadConnector('source', input.sourceId);
        const session = { connectionId: input.sourceId, epoch: 0, feed: 'preview', attempt: shell.attempt };
        return preview(dependencies, await openSource(hiding, dependencies, instance, session), input.of);
      }),
    );
}

async function preview(
  dependencies: ActivityDependencies,
  source: OpenConnector<AnySource>,
  of: PreviewOf,
): Promise<Preview | SqlDescription> {
  if (of.kind === 'description') return describeSql(source, of);
  await using temp = await dependencies.stage.tempDir();
  const work = { dependencies, source, folder: temp.path, started: Date.now() };
  if (of.kind === 'query') return await query(work, of);
  return await (of.sql === undefined ? sampleOnly(work, of) : transformed(work, { ...of, sql: of.sql })); // before the folder goes
}

interface Work {
  readonly dependencies: ActivityDependencies;
  readonly source: OpenConnector<AnySource>;
  /** Of this call alone. */
  readonly folder: string;
  readonly started: number;
}

type OfStream = Extract<PreviewOf, { kind: 'stream' }>;

async function sampleOf({ dependencies, source, folder }: Work, of: OfStream): Promise<Sample> {
  const stream = await describeStream(source, of.stream);
  const { filter, sample: limit } = of;
  const fields = selectedFields(of, stream);
  return takeSample(dependencies, source, { stream, fields, limit, folder, ...(filter ? { filter } : {}) });
}

async function sampleOnly(work: Work, of: OfStream): Promise<Preview> {
  const { files, columns, rows, complete } = await sampleOf(work, of);
  const readMs = Date.now() - work.started;
  const { signal } = work.source.context;
  return {
    columns: shownColumns(columns),
    rows: await rowsAsText(work.dependencies, { files, columns, limit: of.limit, signal }),
    hasMore: !complete || rows > of.limit,
    sampled: [{ stream: of.stream, rows, complete }],
    ...{ rowsIn: rows, rowsOut: rows, note: null },
    timing: { readMs, transformMs: null },
  };
}

async function transformed(work: Work, of: OfStream & { readonly sql: string }): Promise<Preview> {
  await readSqlOrThrow(of.sql); // before the source is asked for anything
  const sample = await sampleOf(work, of);
  const readMs = Date.now() - work.started;
  const { signal } = work.source.context;
  const outputPath = join(work.folder, 'output.parquet');
  const { sql, stream } = of;
  const request = { sql, inputs: sample.files, columns: sample.columns, outputPath, tempDir: work.folder, signal };
  const result = await runTransform({ ...request, limits: { deadlineMs: 30_000 } });
  const sampled = [{ stream, rows: sample.rows, complete: sample.complete }];
  return shown(work, of, { ...result, outputPath, sampled, readMs });
}

async function query(work: Work, of: Extract<PreviewOf, { kind: 'query' }>): Promise<Preview> {
  const { dependencies, source, folder } = work;
  const named = await streamsNamed(source, of.sql);
  const samples = new Map<string, Sample>();
  for (const { stream } of named) {
    if (samples.has(stream.name)) continue;
    const request = { stream, fields: stream.fields, limit: of.sample, folder: join(folder, String(samples.size)) };
    samples.set(stream.name, await takeSample(dependencies, source, request));
  }
  const readMs = Date.now() - work.started;
  const outputPath = join(folder, 'output.parquet');
  const { signal } = source.context;
  const tables = named.flatMap(({ table, stream }) => {
    const sample = samples.get(stream.name);
    return sample ? [{ ...table, inputs: sample.files, columns: sample.columns }] : [];
  });
  const result = await runQuery({ sql: of.sql, tables, outputPath, tempDir: folder, signal });
  const sampled = [...samples].map(([stream, { rows, complete }]) => ({ stream, rows, complete }));
  return shown(work, of, { ...result, outputPath, sampled, readMs });
}

interface Result extends Pick<Preview, 'rowsIn' | 'rowsOut' | 'sampled'> {
  readonly columns: Sample['columns'];
  readonly outputPath: string;
  readonly readMs: number;
}

async function shown(work: Work, { limit }: Pick<OfStream, 'limit'>, result: Result): Promise<Preview> {
  const { columns, outputPath, sampled, readMs, rowsIn, rowsOut } = result;
  const transformMs = Date.now() - work.started - readMs;
  const { signal } = work.source.context;
  return {
    columns: shownColumns(columns),
    rows: await rowsAsText(work.dependencies, { files: [outputPath], columns, limit, signal }),
    hasMore: rowsOut > limit,
    ...{ sampled, rowsIn, rowsOut, note: noteOf(sampled), timing: { readMs, transformMs } },
  };
}

function noteOf(sampled: readonly Sampled[]): string | null {
  const cut = sampled.filter(({ complete }) => !complete);
  if (cut.length === 0) return null;
  const parts = cut.map(({ stream, rows }) => `${rows.toLocaleString('en-US')} of ${stream}`);
  return `Only a sample was read: ${parts.join(', ')}. The SQL has not seen the other rows.`;
}

/** Against an input without rows: names and types are looked up, values are not. */
async function describeSql(
  source: OpenConnector<AnySource>,
  of: Extract<PreviewOf, { kind: 'description' }>,
): Promise<SqlDescription> {
  const tree = await readSqlOrThrow(of.sql);
  const stream: StreamDescription = await describeStream(source, of.stream);
  const input = emptyColumns(selectedFields(of, stream));
  const columns = await describeTransform(of.sql, input, source.context.signal);
  const lineage = columnLineage(tree, { input: input.map(({ column }) => column) });
  // the engine knows the names of columns that the text does not name
  const named =
    lineage.length === columns.length ? lineage.map((one, at) => ({ ...one, column: columns[at]?.name ?? '' })) : lineage;
  return { columns: shownColumns(columns), lineage: named, rowWise: isRowWise(tree) };
}
