import type { Knex } from 'knex';

/** Every row of every table as text, to search for what must not be there. */
export async function wholeDatabase(db: Knex): Promise<string> {
  const tables = await db('information_schema.tables').where({ table_schema: 'public' }).pluck<string[]>('table_name');
  const rows = await Promise.all(tables.map((table) => db.select(db.raw('to_jsonb(t)::text as row')).from({ t: table })));
  return JSON.stringify(rows);
}
