import { stat } from 'node:fs/promises';
import { sliceColumns } from '../../../load/plan.js';
import { parquetOptions } from '../../../platform/duckdb/parquet.js';
import { quoteIdentifier, quoteLiteral } from '../../../platform/duckdb/quote.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { fileError } from '../../../platform/objects/file-errors.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import type { LoadRequest, SegmentFile, StagedColumn } from '../../sdk/destination.js';
import type { ParquetConfig } from './config.js';
import { dataFileName, incomingKey } from './layout.js';
import type { DataFile, FileColumn } from './state.js';

/** Segments of a slice become one file up to about this size. */
const FILE_BYTES = 256_000_000;
/** The usual size: readers skip row groups, and take them in parallel. */
const ROW_GROUP_ROWS = 122_880;

export interface SliceFiles {
  readonly files: readonly DataFile[];
  readonly columns: readonly FileColumn[];
}

/** The columns that a slice's files have, ours included. A column that is text in one segment is text in all. */
export function fileColumns(request: Pick<LoadRequest, 'columns' | 'segments' | 'run' | 'extractedAt'>): readonly FileColumn[] {
  const { columns, segments } = request;
  const own = columns.map(({ column, stage }, index): FileColumn => {
    const types = new Set(segments.map((segment) => segment.columns[index]?.stage ?? stage));
    return { name: column, type: types.size <= 1 ? ([...types][0] ?? stage) : 'VARCHAR' };
  });
  return [...own, ...sliceColumns(request).map(({ name, type }) => ({ name, type: SYSTEM_TYPES[type] ?? type }))];
}

const SYSTEM_TYPES: Readonly<Record<string, string>> = {
  bigint: 'BIGINT',
  'timestamp with time zone': 'TIMESTAMP WITH TIME ZONE',
};

/** Writes a slice's rows to files that nobody reads yet. @throws MillraceError `load.count_mismatch` (I7), `load.no_space` */
export async function writeFiles(
  store: ObjectStore,
  request: LoadRequest,
  { config, signal }: { readonly config: ParquetConfig; readonly signal: AbortSignal },
): Promise<SliceFiles> {
  const columns = fileColumns(request);
  const files: DataFile[] = [];
  for (const segments of await grouped(request.segments)) {
    const name = dataFileName(request, files.length);
    const key = incomingKey(request, name);
    let rows = 0;
    const { bytes } = await store.putFile(key, request.tempDir, async (path) => {
      rows = await copy(request, { segments, columns, compression: config.compression, path, signal });
    });
    files.push({ name, incoming: key, rows, bytes });
  }
  requireCount(
    request,
    files.reduce((sum, { rows }) => sum + rows, 0),
  );
  return { files, columns };
}

/** At least one group: an empty table is one file that says which columns it has. */
async function grouped(segments: readonly SegmentFile[]): Promise<readonly (readonly SegmentFile[])[]> {
  const groups: SegmentFile[][] = [[]];
  let bytes = 0;
  for (const segment of segments) {
    const { size } = await stat(segment.path);
    if (bytes > 0 && bytes + size > FILE_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(segment);
    bytes += size;
  }
  return groups;
}

interface Copying {
  readonly segments: readonly SegmentFile[];
  readonly columns: readonly FileColumn[];
  readonly compression: ParquetConfig['compression'];
  readonly path: string;
  readonly signal: AbortSignal;
}

async function copy(request: LoadRequest, { segments, columns, compression, path, signal }: Copying): Promise<number> {
  const types = columns.map(({ type }) => type);
  const parts = segments.map((segment) => selectFrom(request, columns, segment));
  const rows = parts.length === 0 ? `${selectFrom(request, columns, undefined)} where false` : parts.join(' union all ');
  const options = parquetOptions(types, { rowGroupRows: ROW_GROUP_ROWS, compression });
  try {
    const { rowsChanged } = await request.engine.run(
      `copy (${rows}) to ${quoteLiteral(path)} (${options}, use_tmp_file false)`,
      [],
      signal,
    );
    return rowsChanged;
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, `Cannot write rows of ${request.stream}`);
  }
}

function selectFrom(request: LoadRequest, columns: readonly FileColumn[], segment: SegmentFile | undefined): string {
  const system = new Map(sliceColumns(request).map(({ name, value }) => [name, value]));
  const staged = new Map(segment?.columns.map((column): [string, StagedColumn] => [column.column, column]));
  const values = columns.map(({ name, type }) => {
    const held = staged.get(name);
    const constant = segment === undefined ? 'null' : quoteLiteral(system.get(name) ?? '');
    const value = held ? quoteIdentifier(held.column) : constant;
    return `${held?.stage === type ? value : `cast(${value} as ${type})`} as ${quoteIdentifier(name)}`;
  });
  return `select ${values.join(', ')}${segment ? ` from read_parquet(${quoteLiteral(segment.path)})` : ''}`;
}

function requireCount({ rows, stream }: LoadRequest, written: number): void {
  if (written === rows) return;
  throw new MillraceError('load.count_mismatch', {
    detail: `${rows} rows of ${stream} were staged, ${written} written.`,
    stream,
  });
}
