import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { START } from '../checkpoint/position.js';
import type { AnySource } from '../connectors/registry.js';
import type { StagedColumn } from '../connectors/sdk/destination.js';
import type { FileEvent, PreviewRequest, ReadEvent, ReadRequest, RowsEvent } from '../connectors/sdk/types.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import { parquetOptions } from '../platform/duckdb/parquet.js';
import { stagedNames } from '../schema/naming.js';
import { stageType } from '../schema/stage-types.js';
import type { Field } from '../schema/types.js';
import { openSegments } from '../stage/reader.js';
import { rowsFile } from '../stage/rows.js';
import { openStage } from '../stage/store.js';
import { SliceWriter } from '../stage/writer.js';
import type { ActivityDependencies } from './dependencies.js';
import type { OpenConnector } from './plan.js';

/** Some rows of a stream as staged files on this machine. */
export interface Sample {
  readonly columns: readonly StagedColumn[];
  readonly files: readonly string[];
  readonly rows: number;
  /** The stream has no more rows than these. */
  readonly complete: boolean;
}

export interface SampleRequest extends Pick<PreviewRequest, 'stream' | 'fields' | 'filter' | 'limit'> {
  /** A private folder; it may not exist yet. */
  readonly folder: string;
}

/** Staged as a run would stage them, but in a folder that nobody else sees. */
export async function takeSample(
  { engine }: Pick<ActivityDependencies, 'engine'>,
  source: OpenConnector<AnySource>,
  { folder, limit, ...asked }: SampleRequest,
): Promise<Sample> {
  const tempDir = join(folder, 'read');
  await mkdir(tempDir, { recursive: true });
  const stage = openStage(pathToFileURL(join(folder, 'staged')).href);
  const { signal } = source.context;
  const writer = new SliceWriter({
    stage,
    engine,
    tempDir,
    folder: 'sample',
    stream: asked.stream.name,
    fields: asked.fields,
    signal,
  });
  let batches = 0;
  for await (const event of firstEvents(source, { ...asked, limit: limit + 1, tempDir })) {
    await writer.add(
      event.kind === 'file' ? event : await rowsFile(event, asked.fields, join(tempDir, `rows-${batches++}.jsonl`)),
    );
    if (writer.finish().staged > limit) break;
  }
  const staged = writer.finish();
  const columns = staged.columns.length > 0 ? staged.columns : emptyColumns(asked.fields);
  const files = (await openSegments(stage, staged, tempDir)).map(({ path }) => path);
  if (staged.staged <= limit) return { columns, files, rows: staged.staged, complete: true };
  const cut = join(folder, 'cut.parquet');
  const parts = files.map((path) => `select * from read_parquet(${quoteLiteral(path)})`).join(' union all by name ');
  const options = parquetOptions(columns.map(({ stage: type }) => type));
  await engine.run(`copy (from (${parts}) limit ${limit}) to ${quoteLiteral(cut)} (${options})`, [], signal);
  return { columns, files: [cut], rows: limit, complete: false };
}

/** What a source without samples of its own reads first. */
async function* firstEvents(
  { connector, context }: OpenConnector<AnySource>,
  request: PreviewRequest,
): AsyncIterable<RowsEvent | FileEvent> {
  if (connector.preview) return yield* connector.preview(context, request);
  for await (const event of connector.read(context, fullRead(request)) as AsyncIterable<ReadEvent>) {
    if (event.kind === 'rows' || event.kind === 'file') yield event;
    else if (event.kind === 'mark') return;
  }
}

const fullRead = ({ limit, ...request }: PreviewRequest): ReadRequest => ({
  ...request,
  ...{ sync: 'full', primaryKey: request.stream.primaryKey ?? [], nullCursor: 'include', rereadNullCursor: false, settleMs: 0 },
  ...{ position: START, sliceRows: limit, sliceBytes: 1_000_000 },
});

/** As they would be staged if there were rows. */
export function emptyColumns(fields: readonly Field[]): readonly StagedColumn[] {
  const nameOf = stagedNames(fields);
  return fields.map((field) => ({ ...field, column: nameOf(field.name), stage: stageType(field.type) }));
}
