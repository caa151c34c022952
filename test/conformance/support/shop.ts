import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { z } from 'zod';
import { MillraceError, defineSource, rowFilter, secret } from '../../../connectors/sdk/index.js';
import type { ConnectorContext, Field, ReadEvent, ReadRequest, SourceDefinition } from '../../../connectors/sdk/index.js';
import type { SourceHarness } from '../../../connectors/sdk/testing/index.js';

export const TOKEN = 'canary-5f1c0a';

export type Order = {
  readonly id: number;
  readonly customer: string;
  readonly amount: string | null;
  readonly changed_at: string;
};

const order = (id: number, minute: number): Order => ({
  id,
  customer: id % 2 === 0 ? 'Grace' : 'Ada',
  amount: id === 3 ? null : `${id}.50`,
  changed_at: `2026-01-01T00:${String(minute).padStart(2, '0')}:00.123456Z`,
});

const FIELDS: readonly Field[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'customer', type: 'string', nullable: false },
  { name: 'amount', type: 'decimal(12,2)', nullable: true },
  { name: 'changed_at', type: 'timestamptz', nullable: false },
];

export const config = z.strictObject({ token: secret().describe('Token of the shop.') });

export interface ShopConfig {
  readonly token: string;
}

/** What a system holds: eight orders, several with one time of change, and a pair at the newest. */
export class Shop {
  orders: Order[] = [1, 2, 2, 2, 2, 3, 4, 4].map((minute, index) => order(index + 1, minute));

  add(minute: number): Order {
    const added = order(this.orders.length + 1, minute);
    this.orders.push(added);
    return added;
  }
}

/** The parts of a source of a shop: right as they are, and broken by replacing one of them. */
export interface Parts {
  check(context: ConnectorContext<ShopConfig>): Promise<{ ok: true; facts: Record<string, string> }>;
  discover: SourceDefinition<ShopConfig>['discover'];
  read: SourceDefinition<ShopConfig>['read'];
}

export function partsOf(shop: Shop): Parts {
  return {
    check: async ({ config: { token } }) => {
      if (token === TOKEN) return { ok: true, facts: { orders: String(shop.orders.length) } };
      throw new MillraceError('connector.auth_failed', { detail: 'The shop refused the token.', path: 'config.token' });
    },
    discover: async (_, names) => ({
      streams: ['orders', 'archive']
        .filter((name) => names?.includes(name) ?? true)
        .map((name) => ({ name, fields: FIELDS, primaryKey: ['id'], cursorCandidates: ['changed_at'] })),
    }),
    read: (context, request) =>
      request.sync === 'full' ? readFull(shop, context, request) : readChanges(shop, context, request),
  };
}

async function* readFull(shop: Shop, { signal }: ConnectorContext<ShopConfig>, request: ReadRequest): AsyncIterable<ReadEvent> {
  const { position } = request;
  const after = position.kind === 'scan' ? Number(position.scan.after[0]) : 0;
  const left = shop.orders.filter(({ id }) => id > after);
  for (let at = 0; at === 0 || at < left.length; at += request.sliceRows) {
    signal.throwIfAborted();
    const slice = left.slice(at, at + request.sliceRows);
    yield { kind: 'rows', rows: slice.filter(rowFilter(request)) };
    const last = slice.at(-1);
    const done = at + request.sliceRows >= left.length || last === undefined;
    const scan = { kind: 'scan', scan: { by: ['id'], after: [String(last?.id)] } } as const;
    yield { kind: 'mark', done, position: { kind: 'exact', position: done ? { kind: 'end' } : scan } };
  }
}

async function* readChanges(
  shop: Shop,
  { signal }: ConnectorContext<ShopConfig>,
  request: ReadRequest,
): AsyncIterable<ReadEvent> {
  const { position, holdBack, lag } = request;
  const from = position.kind === 'cursor' ? instant(position.cursor.value ?? '') : '';
  const least = from !== '' && lag && 'ms' in lag ? instant(new Date(Date.parse(`${from}Z`) - lag.ms).toISOString()) : from;
  const most = holdBack && 'ms' in holdBack ? Date.now() - holdBack.ms : Date.now();
  const left = shop.orders
    .filter(({ changed_at: at }) => instant(at) >= least && Date.parse(at) <= most)
    .toSorted((a, b) => (a.changed_at < b.changed_at ? -1 : 1));
  for (let at = 0, done = false; !done;) {
    signal.throwIfAborted();
    const end = sliceEnd(left, at + request.sliceRows, from);
    done = end >= left.length;
    yield { kind: 'rows', rows: left.slice(at, end).filter(rowFilter(request)) };
    yield { kind: 'mark', done, position: { kind: 'largest' } };
    at = end;
  }
}

/** Behind all rows of one value, which is above the cursor that the read begins with. */
function sliceEnd(orders: readonly Order[], end: number, from: string): number {
  const [last, next] = [orders[end - 1], orders[end]];
  if (!last || !next) return orders.length;
  return next.changed_at === last.changed_at || instant(last.changed_at) <= from ? sliceEnd(orders, end + 1, from) : end;
}

/** The engine hands a cursor back as the stage prints it. */
const instant = (text: string): string => text.replace('T', ' ').replace(/(\+00|Z)$/, '');

/** A harness over a shop, with some parts replaced. */
export function harnessOf(
  broken: (parts: Parts, shop: Shop) => Partial<SourceDefinition<ShopConfig>> = () => ({}),
): SourceHarness {
  const shop = new Shop();
  const parts = partsOf(shop);
  return {
    definition: defineSource<ShopConfig>({
      id: 'shop',
      title: 'Shop',
      stability: 'alpha',
      config,
      ...parts,
      ...broken(parts, shop),
    }),
    goodConfig: { token: TOKEN },
    badConfig: { token: 'canary-wrong' },
    limits: { cancelMs: 300, checkMs: 10_000 },
    streams: [
      {
        name: 'orders',
        rows: [...shop.orders],
        makeChanges: async () => [shop.add(4), shop.add(5)].map((added) => ({ ...added })),
      },
    ],
  };
}

const SERVERS: (() => void)[] = [];

/** A connection that nobody closes; `closeLeaks` does, after the test. */
export async function leakSocket(): Promise<void> {
  const server = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  await once(socket, 'connect');
  SERVERS.push(() => (socket.destroy(), server.close()));
}

export const closeLeaks = (): void => SERVERS.splice(0).forEach((close) => close());
