import { z } from 'zod';
import { positionSchema } from './state-schemas.js';
import { schemaChangeSchema } from './schema-schemas.js';
import { syncFields } from './sync-schemas.js';

/** What a run may be asked for, but for who asks. The body may be missing altogether. */
export const planBodySchema = z
  .preprocess((value) => value ?? {}, z.strictObject(syncFields))
  .meta({ examples: [{ streams: ['public.orders'], refresh: true }] });

export const schemaOutlookSchema = z
  .object({
    accepted: z.int().nullable().describe('The version that was accepted last; null where no run has met the stream yet.'),
    policy: z.string().describe('schemaPolicy of the stream.'),
    changes: z.array(schemaChangeSchema).describe('What the source has now against that version.'),
    effect: z
      .enum(['none', 'follows', 'left_out', 'rejected', 'stops'])
      .describe(
        'What becomes of it: the target follows, new columns are left out, rows that need them are rejected, the stream stops.',
      ),
  })
  .meta({ id: 'SchemaOutlook' });

const plannedErrorSchema = z.object({ code: z.string(), message: z.string(), suggestion: z.string() });

const plannedStreamSchema = z
  .object({
    name: z.string(),
    mode: z.string(),
    target: z.object({ schema: z.string(), table: z.string() }),
    cursorField: z.string().nullable(),
    from: positionSchema.describe('Where it goes on.'),
    to: z.string().nullable().describe('The largest cursor value that would be read; null where the source cannot tell.'),
    rows: z
      .object({
        count: z.int(),
        exact: z.boolean().describe('Counted, and not guessed.'),
        again: z.int().describe('So many of them are read again, at the cursor or within lag, and most of them are known.'),
      })
      .nullable()
      .describe('What would be read; null where the source cannot tell.'),
    refresh: z.boolean().describe('What was loaded is replaced.'),
    schema: schemaOutlookSchema.nullable(),
    ddl: z
      .array(z.string())
      .nullable()
      .describe(
        'What the catalog of the destination would be changed by, in order; null where the destination cannot tell. Where a table beside the target takes its place (`swap`), these statements have the same outcome.',
      ),
    publish: z
      .enum(['in_place', 'swap', 'replace_rows', 'difference', 'append'])
      .nullable()
      .describe(
        'How rows come into the target: slice by slice; by a table that takes its place; by replacing its rows; by what differs; added at once.',
      ),
    notes: z.array(z.string()),
    error: plannedErrorSchema.nullable().describe('Why the stream would not run.'),
  })
  .meta({ id: 'PlannedStream' });

export const planSchema = z
  .object({
    connectionId: z.string(),
    paused: z.boolean(),
    activeRun: z.int().nullable().describe('Number of the run that is active: another one waits for its end.'),
    streams: z.array(plannedStreamSchema),
    notes: z.array(z.string()),
  })
  .meta({
    id: 'SyncPlan',
    examples: [
      {
        ...{ connectionId: 'con_…', paused: false, activeRun: null, notes: [] },
        streams: [
          {
            ...{ name: 'public.orders', mode: 'incremental_deduped', cursorField: 'updated_at' },
            target: { schema: 'sales', table: 'orders' },
            from: { kind: 'cursor', cursor: { type: 'timestamptz', field: 'updated_at', value: '2026-01-01 00:00:00+00' } },
            ...{ to: '2026-01-02 00:00:00+00', rows: { count: 1200, exact: true, again: 1 }, refresh: false },
            schema: {
              ...{ accepted: 1, policy: 'evolve', effect: 'follows' },
              changes: [{ kind: 'added', field: 'note', to: 'text', breaking: false }],
            },
            ddl: ['alter table "sales"."orders" add column "note" text'],
            ...{ publish: 'in_place', notes: ['the source has changed: added note text'], error: null },
          },
        ],
      },
    ],
  });

export const schemaDiffSchema = z
  .object({ stream: z.string(), schema: schemaOutlookSchema.nullable(), error: plannedErrorSchema.nullable() })
  .meta({ id: 'SchemaDiff' });

export type PlanBody = z.output<typeof planBodySchema>;
export type PlanView = z.infer<typeof planSchema>;
export type SchemaDiffView = z.infer<typeof schemaDiffSchema>;
