import pg from 'pg';

/** Connection URLs. */
export interface Ends {
  readonly source: string;
  readonly destination: string;
}

/** Rows of one statement. */
export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

export async function countRows(url: string, table: string): Promise<number> {
  const [row] = await query<{ rows: string }>(url, `select count(*) as rows from ${table}`);
  return Number(row?.rows);
}
