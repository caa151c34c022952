import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { query } from './stack.js';

/** Whether the peer can run here. */
export function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** `psql COPY … | psql COPY …`: what a person does by hand, without a way back after a failure. @returns milliseconds */
export function psqlPipe(source: string, destination: string, table: string, format: 'csv' | 'binary'): Promise<number> {
  return piped(
    [source, `copy ${table} to stdout (format ${format})`],
    [destination, `copy ${table} from stdin (format ${format})`],
  );
}

/** Rows of lineitem into a temporary table, and from there into `by_hand`, as a person writes it. @returns milliseconds */
export async function psqlMerge(
  source: string,
  destination: string,
  { where, key }: { readonly where: string; readonly key: readonly string[] },
): Promise<number> {
  const [{ columns } = { columns: '' }] = await query<{ columns: string }>(
    destination,
    `select string_agg(attname, ', ' order by attnum) as columns from pg_attribute where attrelid = 'by_hand'::regclass and attnum > 0`,
  );
  const replaced = columns
    .split(', ')
    .filter((name) => !key.includes(name))
    .map((name) => `${name} = excluded.${name}`);
  return piped(
    [source, `copy (select ${columns} from lineitem where ${where}) to stdout (format csv)`],
    [
      destination,
      'begin',
      'create temporary table batch (like by_hand) on commit drop',
      'copy batch from stdin (format csv)',
      `insert into by_hand select * from batch on conflict (${key.join(', ')}) do update set ${replaced.join(', ')}`,
      'commit',
    ],
  );
}

type PsqlCall = readonly [url: string, ...statements: string[]];

async function piped(from: PsqlCall, to: PsqlCall): Promise<number> {
  const begun = performance.now();
  const read = spawn('psql', psqlArguments(from), { stdio: ['ignore', 'pipe', 'inherit'] });
  const write = spawn('psql', psqlArguments(to), { stdio: ['pipe', 'ignore', 'inherit'] });
  read.stdout.pipe(write.stdin);
  const codes = await Promise.all([once(read, 'exit'), once(write, 'exit')]);
  if (codes.some(([code]) => code !== 0)) throw new Error('the psql pipe failed');
  return performance.now() - begun;
}

const psqlArguments = ([url, ...statements]: PsqlCall): string[] => ['-qX', url, ...statements.flatMap((sql) => ['-c', sql])];
