/**
 * Random histories of a source table: writers with transactions of their own, runs with faults in between. A block of rows
 * stands for one row, so that slices end inside of what belongs together.
 * @module
 */
import fc from 'fast-check';
import pg from 'pg';
import type { TestDatabase } from '../../support/servers.js';

export const BLOCK_ROWS = 250;
const BLOCKS = 5;
const WRITERS = 2;

/** What goes wrong in a run. */
export interface Faults {
  /** Every step is done twice, as after a lost acknowledgement. */
  readonly twice?: boolean;
  /** The run dies at an edge of this slice: when it is staged, or when it is loaded. */
  readonly dies?: { readonly slice: number; readonly loaded: boolean; readonly forgets: boolean };
}

export type Step =
  | { readonly do: 'insert' | 'update' | 'set back' | 'delete'; readonly block: number; readonly by: number }
  | { readonly do: 'fill' | 'commit' | 'rollback'; readonly by: number }
  | { readonly do: 'add column' }
  | { readonly do: 'run'; readonly faults: Faults };

const block = fc.nat({ max: BLOCKS - 1 });
/** -1 is a statement that commits at once; others keep their transaction open until they are told. */
const writer = fc.integer({ min: -1, max: WRITERS - 1 });
const dies = fc.record({ slice: fc.integer({ min: 1, max: 3 }), loaded: fc.boolean(), forgets: fc.boolean() });
const faults: fc.Arbitrary<Faults> = fc.record({ twice: fc.constant(true), dies }, { requiredKeys: [] });

const writing = <Name extends string>(weight: number, name: Name) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(name), block, by: writer }),
});

/** With `setBack` an update may also lower the cursor's value, of rows that a run has taken. */
export const histories = ({ setBack = false } = {}): fc.Arbitrary<readonly Step[]> =>
  setBack ? steps([writing(6, 'set back')]).map((random) => [...LOADED, ...random]) : steps([]);

const LOADED: readonly Step[] = [
  { do: 'fill', by: -1 },
  { do: 'run', faults: {} },
];

const steps = (more: readonly fc.WeightedArbitrary<Step>[]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      ...[writing(4, 'insert'), writing(4, 'update'), writing(2, 'delete'), ...more],
      { weight: 2, arbitrary: fc.record({ do: fc.constant('fill' as const), by: writer }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'rollback' as const), by: fc.nat({ max: WRITERS - 1 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('add column' as const) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const), faults }) },
    ),
    { minLength: 4, maxLength: 18 },
  );

/** What one block held: its cursor values and contents, as text. */
export type Version = string;
/** Versions with the number of their rows. */
export type Rows = ReadonlyMap<Version, number>;

const VERSION = `concat_ws('|', id / ${BLOCK_ROWS}, v, at, seq, to_jsonb(t) ->> 'extra')`;

/** The rows of a table by version; throws when one row is there twice. */
export async function rowsOf(database: TestDatabase, table: string, where = 'true'): Promise<Rows> {
  const rows = await database.query<{ version: string; n: number; ids: number }>(
    `select ${VERSION} as version, count(*)::int as n, count(distinct id)::int as ids from ${table} t where ${where} group by 1`,
  );
  const doubled = rows.find(({ n, ids }) => n !== ids);
  if (doubled) throw new Error(`rows of ${doubled.version} are there twice`);
  return new Map(rows.map(({ version, n }) => [version, n]));
}

/** The source table with its writers. */
export interface Scene extends AsyncDisposable {
  readonly table: string;
  /** Every version that was ever committed. */
  readonly committed: ReadonlySet<Version>;
  apply(step: Exclude<Step, { do: 'run' }>): Promise<void>;
  /** Ends every transaction. */
  settle(): Promise<void>;
  current(): Promise<Rows>;
}

export async function openScene(source: TestDatabase, table: string): Promise<Scene> {
  await source.query(`create sequence ${table}_seq;
    create table ${table} (id int primary key, v int not null, at timestamptz not null, seq bigint not null)`);
  const clients = await Promise.all(Array.from({ length: WRITERS }, () => connected(source.url)));
  const open = new Set<number>();
  const committed = new Set<Version>();
  let value = 0;
  const current = (): Promise<Rows> => rowsOf(source, table);
  const remember = async (): Promise<void> => (await current()).forEach((_, version) => committed.add(version));
  const write = async (by: number, sql: string): Promise<void> => {
    const client = clients[by];
    if (!client) return void (await source.query(sql));
    if (!open.has(by)) await client.query('begin');
    open.add(by);
    await client.query(sql);
  };
  const end = async (by: number, how: 'commit' | 'rollback'): Promise<void> => {
    if (open.delete(by)) await clients[by]?.query(how);
  };
  return {
    table,
    committed,
    current,
    apply: async (step) => {
      if (step.do === 'fill') await write(step.by, fillAll(table, step.by, value++));
      else if ('block' in step) await write(step.by, statement(table, step, value++));
      else if (step.do !== 'add column') await end(step.by, step.do);
      // its lock would wait for the writers for ever
      else if (open.size === 0) await source.query(`alter table ${table} add column if not exists extra int`);
      await remember();
    },
    settle: async () => {
      for (const by of [...open]) await end(by, 'commit');
      await remember();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await source.query(`drop table ${table}; drop sequence ${table}_seq`);
    },
  };
}

const firstOf = ({ block: nth, by }: { readonly block: number; readonly by: number }): number =>
  (nth * (WRITERS + 1) + by + 1) * BLOCK_ROWS;

/** All blocks of a writer, which are more than a slice. */
function fillAll(table: string, by: number, value: number): string {
  const inserts = Array.from({ length: BLOCKS }, (_, nth) => statement(table, { do: 'insert', block: nth, by }, value));
  return inserts.join('; ');
}

/** Writers keep to blocks of their own, so that none waits for another. */
function statement(table: string, step: Extract<Step, { block: number }>, value: number): string {
  const first = firstOf(step);
  const rows = `id between ${first} and ${first + BLOCK_ROWS - 1}`;
  const next = `(select nextval('${table}_seq'))`;
  if (step.do === 'delete') return `delete from ${table} where ${rows}`;
  if (step.do === 'set back') return `update ${table} set v = ${value}, at = at - interval '1 minute' where ${rows}`;
  if (step.do === 'update') return `update ${table} set v = ${value}, at = now(), seq = ${next} where ${rows}`;
  return `insert into ${table} (id, v, at, seq) select i, ${value}, now(), ${next} from generate_series(${first}, ${first + BLOCK_ROWS - 1}) i on conflict (id) do nothing`;
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
