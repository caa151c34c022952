import pg from 'pg';
import { expect, test } from 'vitest';
import { inputChecks } from '../../connectors/destinations/postgres/rows/input-checks.js';
import { freshDatabase } from '../support/servers.js';

/** Text, type; the servers of the tests can be asked both ways, so that the one for older servers is held to the other. */
const FIT: readonly (readonly [text: string, type: string])[] = [
  ['12', 'smallint'],
  ['123.456', 'numeric(5,2)'],
  ['NaN', 'numeric(5,2)'],
  ['short', 'character varying(5)'],
  ['blanks    ', 'character varying(6)'],
  ['101', 'bit(3)'],
  ['2024-02-29', 'date'],
  ['0044-03-15 (BC)', 'date'],
  ['infinity', 'timestamp with time zone'],
  ['{"a":1}', 'jsonb'],
  ['"\\u0000"', 'json'],
  ['10.0.0.0/8', 'inet'],
  ['{1,2}', 'integer[]'],
  ['[1,5)', 'int4range'],
  ['happy', 'public.mood'],
  ['7', 'public.positive'],
  ['', 'text'],
];
const REFUSED: readonly (readonly [text: string, type: string])[] = [
  ['70000', 'smallint'],
  ['x', 'integer'],
  ['1e400', 'double precision'],
  ['12345.6', 'numeric(5,2)'],
  ['longer', 'character varying(5)'],
  ['longer', 'character(5)'],
  ['1011', 'bit(3)'],
  ['1011', 'bit varying(3)'],
  ['2024-02-30', 'date'],
  ['5881580-07-11', 'date'],
  ['yesterdayish', 'timestamp without time zone'],
  ['25:00', 'time without time zone'],
  ['{a}', 'jsonb'],
  ['"\\u0000"', 'jsonb'],
  ['not-a-uuid', 'uuid'],
  ['nowhere', 'inet'],
  ['{1,x}', 'integer[]'],
  ['{longer}', 'character varying(5)[]'],
  ['[5,1)', 'int4range'],
  ['\\xzz', 'bytea'],
  ['<a>', 'xml'],
  ['gloomy', 'public.mood'],
  ['-7', 'public.positive'],
  ['too long', 'public.short'],
  ['maybe', 'boolean'],
];
const VALUES = [...FIT, ...REFUSED];

test('Postgres before 16 finds the same bad values with the same reasons', async () => {
  await using database = await freshDatabase('checks');
  await database.query(
    `create type mood as enum ('happy'); create domain positive as int check (value > 0); create domain short as varchar(5)`,
  );
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const found = [];
    for (const kind of ['soft', 'function'] as const) {
      const checks = inputChecks(
        kind,
        VALUES.map(([, type]) => type),
      );
      for (const statement of checks.setup) await client.query(statement);
      const states = VALUES.map(([, type], index) => checks.state(`$${index + 1}::text`, type));
      const { rows } = await client.query({
        text: `select ${states.join(', ')}`,
        values: VALUES.map(([text]) => text),
        rowMode: 'array',
      });
      found.push((rows as unknown[][])[0]?.map((state, index) => `${VALUES[index]?.join(' as ')}: ${String(state)}`));
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[0]?.map((line) => line.endsWith(': null'))).toEqual(VALUES.map((value) => FIT.includes(value)));
  } finally {
    await client.end();
  }
});
