import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { query } from './database.js';

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
    await copyIn(url, generateLineitem(folder, { format: 'csv', scale }));
    await query(url, 'alter table lineitem add primary key (l_orderkey, l_linenumber)');
    await query(url, 'vacuum analyze lineitem');
    await query(url, 'checkpoint');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the path of the file */
export function generateLineitem(
  folder: string,
  { format, scale }: { readonly format: 'csv' | 'parquet'; readonly scale: number },
): string {
  execFileSync(generator(), [format, '-s', String(scale), '--tables=lineitem', `--output-dir=${folder}`], { stdio: 'ignore' });
  return join(folder, `lineitem.${format}`);
}

function generator(): string {
  const environment = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace', 'bench-python');
  const command = join(environment, 'bin', 'tpchgen-cli');
  if (existsSync(command)) return command;
  process.stderr.write('Installing tpchgen-cli from PyPI (once) …\n');
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'ignore' });
  execFileSync(join(environment, 'bin', 'pip'), ['install', '--quiet', 'tpchgen-cli==4.0.0'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return command;
}

async function copyIn(url: string, path: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await pipeline(createReadStream(path), client.query(copyFrom('copy lineitem from stdin (format csv, header true)')));
  } finally {
    await client.end();
  }
}
