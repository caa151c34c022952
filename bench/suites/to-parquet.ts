import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Lake } from '../../test/support/lake.js';
import { type S3Server, hasS3Server, startS3 } from '../../test/support/s3-server.js';
import { contentOf, requireEqual } from '../support/content.js';
import { countRows, query } from '../support/database.js';
import { LINEITEM_COLUMNS, LINEITEM_DDL, copyIn, loadLineitem } from '../support/lineitem.js';
import { hasPsql, piped, psql } from '../support/psql-pipe.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';
import { type Contender, type Timed, measuresOfTurns, takeTurns } from '../support/turns.js';

const SCRIPT = fileURLToPath(new URL('../by-hand/csv-to-parquet.js', import.meta.url));
const names = LINEITEM_COLUMNS.split(',').map((name) => name.trim());
const BY_HAND = { schema: 'by_hand', table: 'lineitem' };
const LOADED = { schema: 'public', table: 'lineitem' };

toParquet.about = 'full refresh of lineitem into Parquet files in a folder and a bucket, beside psql | DuckDB';
export async function toParquet(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  const [source, compared] = [await stack.database('bench_source'), await stack.database('bench_destination')];
  await loadLineitem(source, scaleOf(options));
  await query(compared, LINEITEM_DDL);
  await using folder = await Lake.open();
  await mkdir(folder.root, { recursive: true });
  if (!hasS3Server) return await race(stack, { source, compared, folder, options });
  await using server = await startS3();
  await using bucket = await Lake.open(await server.bucket('lake'));
  return await race(stack, { source, compared, folder, options, s3: { server, bucket } });
}

interface Race {
  readonly source: string;
  /** Where files are read back to. */
  readonly compared: string;
  readonly folder: Lake;
  readonly s3?: { readonly server: S3Server; readonly bucket: Lake };
  readonly options: SuiteOptions;
}

async function race(stack: BenchStack, { source, compared, folder, s3, options }: Race): Promise<SuiteReport> {
  const into = async (name: string, config: object): Promise<Contender> => {
    const streams = [{ name: 'public.lineitem', mode: 'full_refresh_overwrite' }];
    const connection = await stack.connect(streams, { source, destination: { connector: 'parquet', config } });
    return { name, by: 'millrace', run: () => stack.sync(connection) };
  };
  const contenders: Contender[] = [
    await into('Millrace, folder', { root: folder.url }),
    ...(s3 ? [await into('Millrace, bucket', { root: 's3://lake', ...s3.server.access })] : []),
    ...(hasPsql() ? [{ name: 'psql | DuckDB', by: 'hand', run: () => byHand(source, folder) } as const] : []),
  ];
  const turns = await takeTurns(stack, contenders, { rounds: options.repeat, beforeTurn: () => query(source, 'checkpoint') });
  const wanted = await contentOf(source, 'lineitem', LINEITEM_COLUMNS);
  const held = [
    [folder, LOADED],
    ...(s3 ? [[s3.bucket, LOADED] as const] : []),
    ...(hasPsql() ? [[folder, BY_HAND] as const] : []),
  ] as const;
  for (const [lake, target] of held) {
    await query(compared, 'truncate lineitem');
    await copyIn(compared, await lake.toCsv(target, names, (column) => column), { header: false });
    requireEqual(`${target.schema}.${target.table}`, wanted, await contentOf(compared, 'lineitem', LINEITEM_COLUMNS));
  }
  const rows = await countRows(source, 'lineitem');
  const facts = {
    scale: scaleOf(options),
    rows,
    bucket: s3 ? 'yes' : 'no server',
    'bytes of the files': await bytesOf(folder),
    content: 'equal',
  };
  return { suite: 'to-parquet', facts, measures: measuresOfTurns(turns, rows) };
}

async function bytesOf(lake: Lake): Promise<number> {
  const files = await lake.files(LOADED);
  const sizes = await Promise.all(files.map((name) => stat(join(lake.folder(LOADED), name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

async function byHand(source: string, lake: Lake): Promise<Timed> {
  const file = join(lake.folder(BY_HAND), '1.parquet');
  await mkdir(lake.folder(BY_HAND), { recursive: true });
  await rm(file, { force: true });
  const types = await query<{ name: string; type: string }>(
    source,
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'lineitem'::regclass and attnum > 0 order by attnum`,
  );
  const columns = Object.fromEntries(types.map(({ name, type }) => [name, type.startsWith('char') ? 'VARCHAR' : type]));
  return piped(psql(source, 'copy lineitem to stdout (format csv)'), [process.execPath, SCRIPT, file, JSON.stringify(columns)]);
}
