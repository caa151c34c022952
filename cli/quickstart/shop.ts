/**
 * A small shop in a database of its own: what a real source looks like, with changes that can be made at will.
 * @module
 */
import pg from 'pg';

export interface Shop {
  readonly url: string;
  readonly schema: string;
}

export const ORDERS = 5_000;
export const EVENTS = 20_000;
export const CHANGED_ORDERS = 500;
export const NEW_ORDERS = 100;
export const NEW_EVENTS = 250;

const TABLES = `
  create table customers (
    id int primary key, name text not null, country text not null, created_at timestamptz not null);
  create table orders (
    id int primary key, customer_id int not null references customers, status text not null,
    quantity int not null, price numeric(10,2) not null, note text, updated_at timestamptz not null);
  create index on orders (updated_at);
  create table events (
    id bigint generated always as identity primary key, order_id int not null references orders,
    kind text not null, details jsonb not null, at timestamptz not null);`;

const ROWS = `
  insert into customers
    select i, 'Customer ' || i, (array['DE','FR','US','JP','BR'])[1 + i % 5], timestamptz '2025-01-01' + i * interval '1 hour'
    from generate_series(1, 500) i;
  insert into orders
    select i, 1 + i % 500, (array['new','paid','shipped','done'])[1 + i % 4], 1 + i % 7, (i % 9973)::numeric / 100,
      case when i % 10 = 0 then 'gift, "wrapped"' end, timestamptz '2025-02-01' + i * interval '97 seconds'
    from generate_series(1, ${ORDERS}) i;
  insert into events (order_id, kind, details, at)
    select 1 + i % ${ORDERS}, (array['viewed','added','paid','shipped'])[1 + i % 4], jsonb_build_object('step', i, 'channel', 'web'),
      timestamptz '2025-02-01' + i * interval '31 seconds'
    from generate_series(1, ${EVENTS}) i;`;

const CHANGES = `
  update orders set status = 'done', quantity = quantity + 1, updated_at = clock_timestamp() where id % 10 = 3;
  insert into orders
    select i, 1 + i % 500, 'new', 1, 19.99, null, clock_timestamp()
    from generate_series(${ORDERS + 1}, ${ORDERS + NEW_ORDERS}) i;
  insert into events (order_id, kind, details, at)
    select ${ORDERS} + 1 + i % ${NEW_ORDERS}, 'added', jsonb_build_object('step', i), clock_timestamp()
    from generate_series(1, ${NEW_EVENTS}) i;`;

export async function createShop({ url, schema }: Shop): Promise<void> {
  await runIn({ url, schema }, `create schema ${schema}; set search_path to ${schema}; ${TABLES} ${ROWS}`);
}

/** Changes {@link CHANGED_ORDERS} orders and adds new orders and events. */
export async function changeShop({ url, schema }: Shop): Promise<void> {
  await runIn({ url, schema }, `set search_path to ${schema}; ${CHANGES}`);
}

/** Creates a database on the same server when it is missing. @returns its connection URL */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const found = await queryRows(serverUrl, `select 1 from pg_database where datname = ${pg.escapeLiteral(name)}`);
  if (found.length === 0) await queryRows(serverUrl, `create database ${pg.escapeIdentifier(name)}`);
  return url.href;
}

async function runIn({ url }: Shop, sql: string): Promise<void> {
  await queryRows(url, sql);
}

export async function queryRows<Row extends object>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
