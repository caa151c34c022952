import type { DirectRuns } from '../../support/direct-runs.js';
import { MOOD } from './nasty-table.js';

/** For each type two values that are not the same, though many of them are equal to the server or look alike. */
export const CHANGES: readonly (readonly [type: string, before: string, after: string])[] = [
  ['boolean', 'true', 'false'],
  ['smallint', '0', '-1'],
  ['integer', '2147483646', '2147483647'],
  ['bigint', '9007199254740992', '9007199254740993'],
  ['oid', '4294967294', '4294967295'],
  ['xid', '1', '2'],
  ['xid8', '18446744073709551614', '18446744073709551615'],
  ['real', '-0', '0'],
  ['real', '1e-45', '0'],
  ['double precision', '-0', '0'],
  ['double precision', '0.1', '0.10000000000000002'],
  ['numeric', '1.0', '1.00'],
  ['numeric', '0', '0.000'],
  ['numeric', 'NaN', 'Infinity'],
  ['numeric(10,2)', '1.10', '1.11'],
  ['numeric(38,18)', '12345678901234567890.123456789012345678', '12345678901234567890.123456789012345679'],
  ['money', '1.00', '1.01'],
  ['text', 'A', 'a'],
  ['text', 'é', 'e\u{301}'],
  ['text', 'ab', 'ab '],
  ['text', '', '\u{feff}'],
  ['text', `${'x'.repeat(1_000_000)}y`, `${'x'.repeat(1_000_000)}z`],
  ['varchar(5)', 'a', 'A'],
  ['char(5)', 'ab', ' ab'],
  ['"char"', 'a', 'b'],
  ['name', 'a', 'A'],
  ['citext', 'A', 'a'],
  ['date', 'infinity', '-infinity'],
  ['date', '0044-03-15 BC', '0044-03-15'],
  ['timestamp', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.123457'],
  ['timestamptz', '0044-03-15 10:00:00+00 BC', '0044-03-15 10:00:00.000001+00 BC'],
  ['time', '24:00:00', '00:00:00'],
  ['timetz', '12:00:00+00', '13:00:00+01'],
  ['interval', '1 day', '24 hours'],
  ['interval', '1 mon', '30 days'],
  ['uuid', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001'],
  ['json', '{"a": 1, "b": 2}', '{"a":1, "b": 2}'],
  ['json', '{"a": 1, "b": 2}', '{"b": 2, "a": 1}'],
  ['jsonb', '1.0', '1.00'],
  ['jsonb', '1e400', '1e401'],
  ['jsonb', 'null', '"null"'],
  ['bytea', '', '\\x00'],
  ['bytea', `\\x${'5c'.repeat(500_000)}00`, `\\x${'5c'.repeat(500_000)}01`],
  ['xml', '<a/>', '<a></a>'],
  ['inet', '10.0.0.1', '10.0.0.1/24'],
  ['cidr', '10.0.0.0/8', '10.0.0.0/9'],
  ['macaddr', '08:00:2b:01:02:03', '08:00:2b:01:02:04'],
  ['macaddr8', '08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03:04:06'],
  ['bit(4)', '1010', '0101'],
  ['bit varying', '', '0'],
  ['bit varying', '0', '00'],
  ['point', '(1.5,-2)', '(-2,1.5)'],
  ['point', '(0,0)', '(0,1e-10)'],
  ['line', '{1,2,3}', '{2,4,6}'],
  ['lseg', '[(0,0),(1,1)]', '[(1,1),(0,0)]'],
  ['box', '(1,1),(0,0)', '(2,0.5),(0,0)'],
  ['path', '((0,0),(1,1))', '((5,5),(7,9))'],
  ['path', '((0,0),(1,1))', '[(0,0),(1,1)]'],
  ['polygon', '((0,0),(1,1),(2,0))', '((1,1),(2,0),(0,0))'],
  ['circle', '<(1,2),3>', '<(5,5),3>'],
  ['tsvector', "'a':1A 'b':2", "'a':1 'b':2"],
  ['tsquery', "'a' & 'b'", "'b' & 'a'"],
  ['pg_lsn', '16/B374D848', '16/B374D849'],
  ['pg_snapshot', '10:20:10,14,15', '10:20:10,14'],
  ['jsonpath', '$."a"[*]', 'strict $."a"[*]'],
  ['tid', '(1,2)', '(2,1)'],
  ['int4range', 'empty', '[1,2)'],
  ['int8range', '[9007199254740992,)', '[9007199254740993,)'],
  ['numrange', '[1.0,2.0]', '[1.00,2.00]'],
  ['numrange', '[1,2]', '[1,2)'],
  ['daterange', '[2024-01-01,2024-02-01)', '[2024-01-01,)'],
  ['tsrange', '["2024-01-01 00:00:00","2024-02-01 00:00:00")', '("2024-01-01 00:00:00","2024-02-01 00:00:00")'],
  ['tstzrange', '["2024-01-01 00:00:00+00",)', '["2024-01-01 00:00:00+00",infinity)'],
  ['int4multirange', '{}', '{[1,3)}'],
  ['mood', 'sad', 'happy, "very"'],
  ['mood', '', 'NULL'],
  ['mood[]', '{sad,NULL}', '{sad,"NULL"}'],
  ['int[]', '{1,2,3,4}', '{{1,2},{3,4}}'],
  ['int[]', '{5,6}', '[0:1]={5,6}'],
  ['bigint[]', '{9007199254740992}', '{9007199254740993}'],
  ['boolean[]', '{t,NULL}', '{NULL,t}'],
  ['numeric[]', '{1.0,NULL}', '{1.00,NULL}'],
  ['double precision[]', '{-0}', '{0}'],
  ['text[]', '{NULL}', '{"NULL"}'],
  ['text[]', '{}', '{""}'],
  ['timestamptz[]', '{"2024-01-01 00:00:00.000001+00"}', '{"2024-01-01 00:00:00.000002+00"}'],
  ['jsonb[]', '{"{\\"a\\": 1.1}"}', '{"{\\"a\\": 1.10}"}'],
  ['bytea[]', '{"\\\\x00ff"}', '{"\\\\x00fe"}'],
  ['interval[]', '{"1 day"}', '{"24:00:00"}'],
  ['int4range[]', '{"[1,5)",empty}', '{"[1,5)"}'],
];

const column = (index: number): string => `c${index}`;
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** `changing (id, at, c0, c1, …)`: row n is there for the change of column n, and all of them share one cursor value. */
export async function createChangingTable({ source, destination }: DirectRuns): Promise<void> {
  for (const database of [source, destination]) await database.query('create extension if not exists citext');
  await source.query(MOOD);
  const columns = CHANGES.map(([type], index) => `${column(index)} ${type}`);
  await source.query(`create table changing (id int primary key, at int not null, ${columns.join(', ')})`);
  const values = CHANGES.map(([type, before], index) => {
    const value = `${quote(before)}::${type}`;
    return before.length > 1_000 ? `case i when ${index} then ${value} end` : value; // else there would be a hundred of them
  });
  await source.query(`insert into changing select i, 7, ${values.join(', ')} from generate_series(0, ${CHANGES.length - 1}) i`);
  const names = floats().map(([, name]) => name);
  const ones = floats().map(([type]) => (type.endsWith('[]') ? `'{1}'` : '1'));
  await source.query(`insert into changing (id, at, ${names.join(', ')}) values (-1, 7, ${ones.join(', ')})`);
}

/** DuckDB keeps a column of nothing but -0 and 0 as a constant in the work file of a transform; nobody else's column is that. */
const floats = (): readonly (readonly [type: string, name: string])[] =>
  CHANGES.flatMap(([type], index) => (/^(real|double precision)/.test(type) ? [[type, column(index)] as const] : []));

/** Changes column n of row n, and nothing else. */
export async function changeEach({ source }: DirectRuns, value: 'before' | 'after' | 'null'): Promise<void> {
  const updates = CHANGES.map(([type, before, after], index) => {
    const text = value === 'null' ? 'null' : quote(value === 'after' ? after : before);
    return `update changing set ${column(index)} = ${text}::${type} where id = ${index}`;
  });
  await source.query(updates.join('; '));
}

/** Types whose changed value is not in the rows that count. */
export async function unnoticed({ source, destination }: DirectRuns, rows: string): Promise<readonly string[]> {
  const texts = CHANGES.map((_, index) => `when ${index} then md5(coalesce('=' || ${column(index)}::text, 'null'))`).join(' ');
  const values = (from: string): string => `select id, case id ${texts} end as value from ${from} order by id`;
  const held = new Map(
    (await destination.query<{ id: number; value: string }>(values(rows))).map(({ id, value }) => [id, value]),
  );
  const wanted = await source.query<{ id: number; value: string }>(values('changing where id >= 0'));
  return wanted.filter(({ id, value }) => held.get(id) !== value).map(({ id }) => (CHANGES[id] ?? []).join(' → ').slice(0, 80));
}
