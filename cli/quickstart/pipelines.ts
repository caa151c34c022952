import { existsSync } from 'node:fs';
import type { Client, Input } from '../../client/index.js';
import { FILE_COLUMNS } from './file-content.js';
import type { Shop } from './shop.js';

/** What each stream is compared by, once it has been loaded. */
export interface LoadedStream {
  readonly stream: string;
  /** SELECT over the source that gives what the destination must hold. */
  readonly expected: string;
  readonly actual: string;
  /** Set when the source is a file: `expected` is then asked of a table that Postgres read from it. */
  readonly file?: URL;
}

export interface Pipeline {
  readonly connectionId: string;
  readonly title: string;
  /** Write mode of each stream, by name. */
  readonly modes: Readonly<Record<string, string>>;
}

/** Run by DuckDB on every slice of `orders`: a new column, one that is left out. */
export const ORDERS_SQL = 'select * exclude (note), price * quantity as total from input';

export const EXAMPLE_FILES = [
  { name: 'airports', path: 'airports.csv.gz', format: 'csv' },
  { name: 'seattle_weather', path: 'seattle-weather.csv.gz', format: 'csv' },
] as const;

/** `examples/data`, whether this runs from `dist` or from its source. */
export function exampleData(): URL {
  const fromDist = new URL('../../../examples/data/', import.meta.url);
  return existsSync(fromDist) ? fromDist : new URL('../../examples/data/', import.meta.url);
}

export interface PipelineOptions {
  readonly shop: Shop;
  readonly warehouseUrl: string;
  /** Schema in the warehouse. */
  readonly schema: string;
  /** Ends the names, so that a second quickstart over the same home does not meet the first. */
  readonly suffix: string;
}

/** Two connections into one warehouse: files as they are, and the shop's tables incrementally. */
export async function createPipelines(api: Client, options: PipelineOptions): Promise<readonly Pipeline[]> {
  const { shop, warehouseUrl, schema, suffix } = options;
  const root = exampleData().href.replace(/\/$/, '');
  const { id: files } = await api.createSource({
    body: { name: `example-files${suffix}`, connector: 'files', config: { root, streams: EXAMPLE_FILES } },
  });
  const { id: tables } = await api.createSource({
    body: { name: `shop${suffix}`, connector: 'postgres', config: { url: shop.url } },
  });
  const { id: destinationId } = await api.createDestination({
    body: { name: `warehouse${suffix}`, connector: 'postgres', config: { url: warehouseUrl } },
  });
  const connect = async (title: string, sourceId: string, streams: readonly Stream[]): Promise<Pipeline> => {
    const { id } = await api.createConnection({ body: { name: `${title}${suffix}`, sourceId, destinationId, streams } });
    return { title, modes: Object.fromEntries(streams.map(({ name, mode }) => [name, mode])), connectionId: id };
  };
  return [await connect('files', files, fileStreams(schema)), await connect('shop', tables, shopStreams(shop.schema, schema))];
}

type Stream = Input<'createConnection'>['body']['streams'][number];

function fileStreams(schema: string): readonly Stream[] {
  return EXAMPLE_FILES.map(({ name }) => ({ name, mode: 'full_refresh_overwrite', target: { schema, table: name } }));
}

function shopStreams(from: string, schema: string): readonly Stream[] {
  return [
    { name: `${from}.customers`, mode: 'incremental_deduped', cursorField: 'created_at', target: { schema, table: 'customers' } },
    {
      name: `${from}.orders`,
      mode: 'incremental_deduped',
      cursorField: 'updated_at',
      sql: ORDERS_SQL,
      target: { schema, table: 'orders' },
    },
    { name: `${from}.events`, mode: 'incremental_append', cursorField: 'id', target: { schema, table: 'events' } },
  ];
}

/** What each table of the warehouse must hold. */
export function comparisons(shop: Shop, schema: string): readonly LoadedStream[] {
  return [...compareFiles(schema), ...compareShop(shop, schema)];
}

function compareFiles(schema: string): readonly LoadedStream[] {
  return EXAMPLE_FILES.map(({ name, path }) => {
    const columns = Object.entries(FILE_COLUMNS[name] ?? {}).map(([column, type]) => `${column}::${type}`);
    return {
      stream: name,
      file: new URL(path, exampleData()),
      expected: contentQuery(name, columns.join(', ')),
      actual: contentQuery(`${schema}.${name}`, columns.join(', ')),
    };
  });
}

function compareShop(shop: Shop, schema: string): readonly LoadedStream[] {
  const columns = {
    customers: ['id, name, country, created_at', 'id, name, country, created_at'],
    orders: [
      'id, customer_id, status, quantity, price, updated_at, price * quantity',
      'id, customer_id, status, quantity, price, updated_at, total',
    ],
    events: ['id, order_id, kind, details, at', 'id, order_id, kind, details, at'],
  } as const;
  return Object.entries(columns).map(([table, [expected, actual]]) => ({
    stream: table,
    expected: contentQuery(`${shop.schema}.${table}`, expected),
    actual: contentQuery(`${schema}.${table}`, actual),
  }));
}

/** Number of rows and a hash over all of them, whatever their order. */
function contentQuery(table: string, columns: string): string {
  return `select count(*)::int as rows, md5(string_agg(line, '|' order by line)) as hash
    from (select row(${columns})::text as line from ${table}) as lines`;
}
