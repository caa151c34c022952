/**
 * What a person does by hand, without a way back after a failure: `psql COPY … | psql COPY …`.
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type Ends, query } from './database.js';
import type { Contender, Timed } from './turns.js';

/** Whether the peer can run here. */
export function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}

export interface Pipe {
  /** A table, or a query in parentheses. */
  readonly from: string;
  readonly into: string;
  readonly format: 'csv' | 'binary';
}

export const psqlPipe = (ends: Ends, pipe: Pipe): Promise<Timed> => piped(...copyCommands(ends, pipe));

export const copyCommands = ({ source, destination }: Ends, { from, into, format }: Pipe): readonly [Command, Command] => [
  psql(source, `copy ${from} to stdout (format ${format})`),
  psql(destination, `copy ${into} from stdin (format ${format})`),
];

/** Both formats in turns with others; none where there is no psql. */
export function pipeContenders(ends: Ends, pipe: Omit<Pipe, 'format'>): Contender[] {
  const contender = (format: Pipe['format']): Contender => ({
    name: `psql ${format} pipe`,
    by: 'hand',
    run: () => psqlPipe(ends, { ...pipe, format }),
  });
  return hasPsql() ? [contender('csv'), contender('binary')] : [];
}

/** Rows of lineitem into a temporary table, and from there into `by_hand`, as a person writes it. */
export async function psqlMerge(
  { source, destination }: Ends,
  { where, key }: { readonly where: string; readonly key: readonly string[] },
): Promise<Timed> {
  const [{ columns } = { columns: '' }] = await query<{ columns: string }>(
    destination,
    `select string_agg(attname, ', ' order by attnum) as columns from pg_attribute where attrelid = 'by_hand'::regclass and attnum > 0`,
  );
  const replaced = columns
    .split(', ')
    .filter((name) => !key.includes(name))
    .map((name) => `${name} = excluded.${name}`);
  return piped(
    psql(source, `copy (select ${columns} from lineitem where ${where}) to stdout (format csv)`),
    psql(
      destination,
      'begin',
      'create temporary table batch (like by_hand) on commit drop',
      'copy batch from stdin (format csv)',
      `insert into by_hand select * from batch on conflict (${key.join(', ')}) do update set ${replaced.join(', ')}`,
      'commit',
    ),
  );
}

/** The words of a command line. */
export type Command = readonly string[];

export const psql = (url: string, ...statements: string[]): Command => [
  ...['psql', '-qX', url],
  ...statements.flatMap((sql) => ['-c', sql]),
];

/** A pipe of the shell, for `bash -c`: nothing of ours stands between the two. */
export const pipeLine = (from: Command, to: Command): string => `set -o pipefail; ${lineOf(from)} | ${lineOf(to)}`;

export async function piped(from: Command, to: Command): Promise<Timed> {
  const begun = performance.now();
  const shell = spawn('bash', ['-c', pipeLine(from, to)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(shell, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the pipe failed');
  return { ms: performance.now() - begun };
}

const lineOf = (command: Command): string => command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
