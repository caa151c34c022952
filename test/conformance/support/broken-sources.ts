/**
 * Sources that are right in all but one thing.
 * @module
 */
import type { ReadEvent, ReadRequest } from '../../../connectors/sdk/index.js';
import { BROKEN_FACTS, type Breaks } from './broken-facts.js';
import { leakSocket, type Parts, type Shop } from './shop.js';

type Read = Parts['read'];

/** The events of a right read, each changed on its way. */
const mapped = (read: Read, change: (event: ReadEvent, request: ReadRequest) => readonly ReadEvent[]): Read =>
  async function* (context, request) {
    for await (const event of read(context, request)) yield* change(event, request);
  };

const without = (request: ReadRequest, name: 'holdBack' | 'lag'): ReadRequest => {
  const { [name]: _, ...rest } = request;
  return rest;
};

/** Where a read of all that the shop holds ends. */
const NEWEST = {
  kind: 'cursor',
  cursor: { type: 'timestamptz', field: 'changed_at', value: '2026-01-01 00:04:00.123456+00' },
} as const;

let kept = 0; // what a connector must not have

/** For each check a source that is right in all but one thing. */
export const BROKEN: Breaks = {
  ...BROKEN_FACTS,
  'full-read': [
    [
      'loses the last row of each batch',
      ({ read }) => ({
        read: mapped(read, (event) => [event.kind === 'rows' ? { ...event, rows: event.rows.slice(0, -1) } : event]),
      }),
    ],
    ['ends without a mark', ({ read }) => ({ read: mapped(read, (event) => (event.kind === 'mark' ? [] : [event])) })],
    [
      'turns numbers into floats',
      ({ read }) => ({
        read: mapped(read, (event) => [
          event.kind === 'rows'
            ? { ...event, rows: event.rows.map((row) => ({ ...row, amount: Number(row['amount']) * 1.1 })) }
            : event,
        ]),
      }),
    ],
    [
      'yields text for a number',
      ({ read }) => ({
        read: mapped(read, (event) => [
          event.kind === 'rows' ? { ...event, rows: event.rows.map((row) => ({ ...row, id: 'first' })) } : event,
        ]),
      }),
    ],
    [
      'never ends',
      ({ read }) => ({
        read: mapped(read, (event) =>
          event.kind === 'mark' ? [{ ...event, position: { kind: 'exact', position: { kind: 'start' } }, done: false }] : [],
        ),
      }),
    ],
  ],
  types: [
    [
      'selects numbers for text',
      ({ read }) => ({
        read: mapped(read, (event) => {
          if (event.kind !== 'rows') return [event];
          const values = event.rows.map(
            (row) =>
              `(${row['id'] as number}, '${row['customer'] as string}', ${(row['amount'] as string | null) ?? 'null'}::decimal(12,2), '${row['changed_at'] as string}'::timestamptz)`,
          );
          const scan = `(values ${values.join(', ')}) as t(id, customer, amount, changed_at)`;
          return [
            {
              kind: 'file',
              bytes: 1,
              file: { format: 'duckdb-scan', scan, label: 'values', select: ['id::integer', 'customer', 'amount', 'changed_at'] },
            },
          ];
        }),
      }),
    ],
  ],
  columns: [
    [
      'reads only whole rows',
      ({ read }) => ({
        read: mapped(read, (event, { fields }) => [
          event.kind === 'rows' && fields.length === 1 ? { ...event, rows: event.rows.map(({ id }) => ({ id })) } : event,
        ]),
      }),
    ],
  ],
  filter: [
    [
      'does not look at the filter',
      ({ read }) => ({
        read: (context, request) => read(context, { ...request, filter: [] }),
      }),
    ],
  ],
  'incremental-read': [
    [
      'leaves the first value out',
      ({ read }) => ({
        read: mapped(read, (event, { sync }) => [
          event.kind === 'rows' && sync === 'incremental' ? { ...event, rows: event.rows.filter(({ id }) => id !== 1) } : event,
        ]),
      }),
    ],
    [
      'reads above the cursor, so that a slice cuts rows of one value in two',
      (_, shop) => ({
        read: (context, request) => (request.sync === 'full' ? _.read(context, request) : readAbove(shop, request, 2)),
      }),
    ],
  ],
  marks: [
    [
      'goes on behind the end',
      ({ read }) => ({ read: mapped(read, (event) => (event.kind === 'mark' && event.done ? [event, event] : [event])) }),
    ],
    [
      'ends a full read with a cursor',
      ({ read }) => ({
        read: mapped(read, (event, { sync }) => [
          event.kind === 'mark' && sync === 'full' && event.done
            ? {
                ...event,
                position: { kind: 'exact', position: { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '8' } } },
              }
            : event,
        ]),
      }),
    ],
    [
      'puts a number into a position',
      ({ read }) => ({
        read: mapped(read, (event) => {
          if (event.kind !== 'mark' || event.position.kind !== 'exact' || event.position.position.kind !== 'scan') return [event];
          const after = event.position.position.scan.after.map(Number) as unknown as string[];
          return [{ ...event, position: { kind: 'exact', position: { kind: 'scan', scan: { by: ['id'], after } } } }];
        }),
      }),
    ],
  ],
  resume: [
    [
      'keeps its place in the process',
      ({ read }) => ({
        read: (context, request) => {
          if (request.sync === 'incremental') return read(context, request);
          if (request.position.kind === 'start') kept = 0;
          const after = [String(kept)];
          return mapped(
            (inner, asked) =>
              read(inner, { ...asked, position: kept === 0 ? { kind: 'start' } : { kind: 'scan', scan: { by: ['id'], after } } }),
            (event) => {
              if (event.kind === 'rows') kept = Math.max(kept, ...event.rows.map(({ id }) => Number(id)));
              return [event];
            },
          )(context, request);
        },
      }),
    ],
  ],
  ties: [
    [
      'reads above the cursor',
      (parts, shop) => ({
        read: (context, request) => (request.sync === 'full' ? parts.read(context, request) : readAbove(shop, request, 1_000)),
      }),
    ],
  ],
  'nothing-new': [
    [
      'begins anew every time',
      (parts, shop) => ({
        read: (context, request) => (request.sync === 'full' ? parts.read(context, request) : readAllAtOnce(shop)),
      }),
    ],
  ],
  'hold-back': [
    ['does not look at it', ({ read }) => ({ read: (context, request) => read(context, without(request, 'holdBack')) })],
    [
      'takes what waits for read',
      ({ read }) => ({
        read: mapped(read, (event, { holdBack }) => [
          event.kind === 'mark' && holdBack ? { ...event, position: { kind: 'exact', position: NEWEST } } : event,
        ]),
      }),
    ],
  ],
  lag: [
    ['does not look at it', ({ read }) => ({ read: (context, request) => read(context, without(request, 'lag')) })],
    [
      'begins anew for it',
      ({ read }) => ({
        read: (context, request) => read(context, request.lag ? { ...request, position: { kind: 'start' } } : request),
      }),
    ],
  ],
  cancel: [
    [
      'does not look at the signal',
      ({ read }) => ({ read: (context, request) => read({ ...context, signal: new AbortController().signal }, request) }),
    ],
    ['waits for ever', ({ read }) => ({ read: hanging(read) })],
  ],
  handles: [['leaves a connection open', ({ check }) => ({ check: async (context) => (await leakSocket(), check(context)) })]],
  changes: [
    [
      'does not see what comes late with an old value',
      ({ read }, shop) => {
        const old = new Set(shop.orders.map(({ id }) => id));
        return {
          read: mapped(read, (event, { sync }) => [
            event.kind === 'rows' && sync === 'incremental'
              ? {
                  ...event,
                  rows: event.rows.filter(({ id, changed_at: at }) => old.has(Number(id)) || String(at).includes(':05:')),
                }
              : event,
          ]),
        };
      },
    ],
  ],
  secrets: [
    [
      'logs its configuration',
      ({ discover }) => ({
        discover: (context, names) => {
          context.log.info('connecting', { config: context.config });
          return discover(context, names);
        },
      }),
    ],
  ],
};

/** An incremental read that is wrong: it begins above the cursor. */
async function* readAbove(shop: Shop, { position }: ReadRequest, sliceRows: number): AsyncIterable<ReadEvent> {
  const from = position.kind === 'cursor' ? Date.parse(`${position.cursor.value ?? ''}:00`.replace(' ', 'T')) : 0;
  const left = shop.orders.filter(({ changed_at: at }) => Date.parse(at) > from);
  yield { kind: 'rows', rows: left.slice(0, sliceRows) };
  yield { kind: 'mark', done: left.length <= sliceRows, position: { kind: 'largest' } };
}

/** Every row, again and again, with changes that nobody made. */
async function* readAllAtOnce(shop: Shop): AsyncIterable<ReadEvent> {
  yield { kind: 'rows', rows: shop.orders.slice() };
  yield { kind: 'mark', done: true, position: { kind: 'largest' } };
}

const hanging = (read: Read): Read =>
  async function* (context, request) {
    for await (const event of read({ ...context, signal: new AbortController().signal }, request)) {
      yield event;
      if (context.signal.aborted) await new Promise(() => undefined);
    }
  };
