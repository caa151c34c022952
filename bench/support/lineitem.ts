import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { query } from './database.js';
import { pythonEnvironment } from '../../test/support/python-environment.js';

export const LINEITEM_COLUMNS = `l_orderkey, l_partkey, l_suppkey, l_linenumber, l_quantity, l_extendedprice, l_discount, l_tax,
  l_returnflag, l_linestatus, l_shipdate, l_commitdate, l_receiptdate, l_shipinstruct, l_shipmode, l_comment`;

export const LINEITEM_DDL = `create table lineitem (l_orderkey bigint not null, l_partkey bigint not null, l_suppkey bigint not null,
  l_linenumber integer not null, l_quantity numeric(15,2) not null, l_extendedprice numeric(15,2) not null,
  l_discount numeric(15,2) not null, l_tax numeric(15,2) not null, l_returnflag char(1) not null, l_linestatus char(1) not null,
  l_shipdate date not null, l_commitdate date not null, l_receiptdate date not null, l_shipinstruct char(25) not null,
  l_shipmode char(10) not null, l_comment varchar(44) not null)`;

/** TPC-H lineitem at a scale factor (1 = 6 million rows), made by PyPI `tpchgen-cli` in an environment of its own. */
export async function loadLineitem(url: string, scale: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tpch-'));
  try {
    await query(url, LINEITEM_DDL);
    await copyIn(url, await generateLineitem(folder, { format: 'csv', scale }));
    await query(url, 'alter table lineitem add primary key (l_orderkey, l_linenumber)');
    await query(url, 'vacuum analyze lineitem');
    await query(url, 'checkpoint');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const generator = pythonEnvironment('bench-python', ['tpchgen-cli==4.0.0']);

/** @returns the path of the file */
export async function generateLineitem(
  folder: string,
  { format, scale }: { readonly format: 'csv' | 'parquet'; readonly scale: number },
): Promise<string> {
  await generator.install();
  const words = [format, '-s', String(scale), '--tables=lineitem', `--output-dir=${folder}`];
  await promisify(execFile)(generator.command('tpchgen-cli'), words);
  return join(folder, `lineitem.${format}`);
}

/** Fills the table `lineitem`; the file has a header unless `header` says otherwise. */
export async function copyIn(url: string, path: string, { header = true } = {}): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await pipeline(createReadStream(path), client.query(copyFrom(`copy lineitem from stdin (format csv, header ${header})`)));
  } finally {
    await client.end();
  }
}
