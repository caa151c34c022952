import { join } from 'node:path';
import { quoteIdentifier, quoteLiteral } from '../../../../platform/duckdb/quote.js';
import { rowNumberSql } from '../../../../stage/row-number.js';
import { copyFile } from '../../../postgres/copy-in.js';
import type { Session } from '../../../postgres/session.js';
import { literal } from '../../../postgres/sql.js';
import type { LoadRequest } from '../../../sdk/destination.js';
import type { Unaccepted } from '../quarantine.js';
import type { CarefulField } from './careful-fields.js';
import { FINDINGS } from './findings.js';
import { NEW_COLUMN, WOULD_CHANGE } from './states.js';
import { TEXTS } from './text-copy.js';

/** Rows with a value in a column that is not accepted, as `row number, column`. @returns the file, when there are any */
export async function rowsWithNewValues(
  request: Pick<LoadRequest, 'engine' | 'tempDir'>,
  { added, segments }: Unaccepted,
  signal: AbortSignal,
): Promise<string | undefined> {
  let before = 0;
  const selects: string[] = [];
  for (const segment of segments) {
    for (const { name, column } of added) {
      selects.push(
        `select row, ${quoteLiteral(name)} from (select ${rowNumberSql(segment)} + ${before} as row, ${quoteIdentifier(column)} as value from read_parquet(${quoteLiteral(segment.path)})) where value is not null`,
      );
    }
    before += segment.rows;
  }
  if (selects.length === 0) return undefined;
  const path = join(request.tempDir, 'new-values.csv');
  const all = selects.join(' union all ');
  const { rowsChanged } = await request.engine.run(
    `copy (${all}) to ${quoteLiteral(path)} (format csv, header false)`,
    [],
    signal,
  );
  return rowsChanged > 0 ? path : undefined;
}

export async function findNewValues(session: Session, path: string): Promise<void> {
  await session.run(`create temporary table "_millrace_new_value" (arrival bigint, name text) on commit drop`);
  await copyFile(session, `copy pg_temp."_millrace_new_value" from stdin (format csv)`, path);
  await session.run(
    `insert into ${FINDINGS} (arrival, state, rule, fatal) select arrival, '${NEW_COLUMN}', name, true from pg_temp."_millrace_new_value"`,
  );
}

/** Values that the accepted type would take, but not as they are: digits that would be rounded, a time that would be cut. */
export async function findChangedValues(
  session: Session,
  fields: readonly CarefulField[],
  retyped: readonly string[],
): Promise<void> {
  for (const field of fields.filter(({ name }) => retyped.includes(name))) {
    const value = `t.c${field.index}`;
    await session.run(
      `insert into ${FINDINGS} (arrival, field, state, fatal) select t.arrival, ${field.index}, '${WOULD_CHANGE}', true from ${TEXTS} as t
       where case when ${value} is null or exists (select from ${FINDINGS} as f where f.arrival = t.arrival and f.field = ${field.index})
         then false else ${changes(value, field.type)} end`,
    );
  }
}

const NUMBER = /^(smallint|integer|bigint|numeric.*|real|double precision)$/;

function changes(value: string, type: string): string {
  const taken = `(${value}::${type})`;
  if (!NUMBER.test(type)) return `${taken}::text is distinct from ${value}`;
  const isNumber = `${value} ~ ${literal('^\\s*[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*$')}`;
  return `case when ${isNumber} then ${taken}::numeric is distinct from ${value}::numeric else ${taken}::text is distinct from ${value} end`;
}
