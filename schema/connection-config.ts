import { z } from 'zod';

/**
 * What a user writes to describe a connection's streams (DESIGN section 10). The API validates with it, activities read it back.
 * @module
 */

export const WRITE_MODES = [
  'full_refresh_overwrite',
  'full_refresh_append',
  'incremental_append',
  'incremental_deduped',
  'mirror',
  'scd2',
] as const;

const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'a duration such as 30s, 15m, 2h')
  .meta({ examples: ['30s', '15m'] });

export const targetSchema = z.strictObject({
  schema: z.string().min(1).max(63).optional().describe('Destination schema; the default of the destination when absent.'),
  table: z.string().min(1).max(200).optional().describe("Destination table; the stream's own name when absent."),
});

const conditionValue = z.union([z.string(), z.number(), z.boolean()]);

export const conditionSchema = z
  .union([
    z.strictObject({ field: z.string().min(1), is: z.enum(['=', '!=', '<', '<=', '>', '>=']), value: conditionValue }),
    z.strictObject({ field: z.string().min(1), is: z.enum(['in', 'not in']), value: z.array(conditionValue).min(1).max(1_000) }),
    z.strictObject({ field: z.string().min(1), is: z.enum(['null', 'not null']) }),
  ])
  .meta({ id: 'Condition' });

/** A distance on the cursor's own scale. */
const cursorDistance = z.union([duration, z.int().min(0)]);

export const streamConfigSchema = z
  .strictObject({
    name: z.string().min(1).describe('Stream name as discovery shows it, e.g. public.orders.'),
    mode: z.enum(WRITE_MODES),
    primaryKey: z.array(z.string().min(1)).min(1).optional().describe("Overrides the source's own key."),
    cursorField: z.string().min(1).optional(),
    dedup: z.enum(['newest_wins', 'last_load_wins']).default('newest_wins'),
    columns: z
      .union([
        z.strictObject({ include: z.array(z.string().min(1)).min(1) }),
        z.strictObject({ exclude: z.array(z.string().min(1)).min(1) }),
      ])
      .optional(),
    filter: z
      .array(conditionSchema)
      .min(1)
      .max(100)
      .optional()
      .describe('Only rows that meet every condition are read; the source itself leaves the others out.'),
    sql: z.string().min(1).max(100_000).optional().describe('One SELECT over input, run by DuckDB on every slice.'),
    target: targetSchema.optional(),
    nullCursor: z.enum(['include', 'exclude', 'error']).default('include'),
    settle: duration.default('30s').describe('How long to wait for writers that were in flight when the upper bound was taken.'),
    holdBack: cursorDistance
      .default('0s')
      .describe('The newest rows, by the cursor, wait for a later run: a duration, or a number for cursors that are numbers.'),
    lag: cursorDistance
      .default('0s')
      .describe('Reads so far back below the cursor again, in modes that merge: for rows that come late.'),
    unprovenBound: z
      .enum(['stop', 'accept'])
      .default('stop')
      .describe('When nobody can tell which rows are still being written and rows are appended: stop, or go on and say so.'),
    deletes: z
      .enum(['hard', 'soft'])
      .default('hard')
      .describe('mirror: rows that are gone from the source are deleted, or kept with the time in _millrace_deleted_at.'),
    schemaPolicy: z
      .enum(['evolve', 'ignore_new', 'quarantine', 'stop'])
      .default('evolve')
      .describe(
        'When the source has changed its columns: the target follows, new columns are left out, rows that no longer fit are rejected, or the stream stops.',
      ),
    rowPolicy: z
      .enum(['null_field', 'reject_row', 'stop'])
      .default('null_field')
      .describe(
        'When a value does not fit the target: it becomes NULL and is noted, its row is kept aside, or the stream stops.',
      ),
    onDependents: z
      .enum(['auto', 'refuse'])
      .default('auto')
      .describe(
        'When views, triggers or foreign keys hang on a table that is replaced: its rows are replaced instead, or the stream stops.',
      ),
    verify: z
      .enum(['none', 'count', 'hash'])
      .default('none')
      .describe('After each run source and target are compared: by the number of rows, or by the contents of every column.'),
    onDestinationBehind: z
      .enum(['resume', 'stop'])
      .default('resume')
      .describe('When the destination has lost slices that it had, as after a restore: read on from what it has, or stop.'),
    onTargetMissing: z
      .enum(['stop', 'refresh'])
      .default('stop')
      .describe('When the target table is gone although the stream was read: stop, or read it from the start.'),
  })
  .meta({ id: 'StreamConfig' });

const nameTemplate = (what: string): z.ZodString =>
  z
    .string()
    .min(1)
    .max(200)
    .regex(/^([^{}]|\{schema\}|\{table\})+$/, 'text with {schema} and {table}, no other braces')
    .describe(`${what} of streams that name no target of their own; {schema} and {table} are the parts of the stream's name.`);

/** Where streams go that do not say it themselves. */
export const targetNamesSchema = z
  .strictObject({ schema: nameTemplate('Schema').optional(), table: nameTemplate('Table').optional() })
  .meta({ id: 'TargetNames', examples: [{ schema: 'raw_{schema}', table: 'crm_{table}' }] });

/** How a connection's runs behave. */
export const runOptionsSchema = z.strictObject({
  limits: z
    .strictObject({
      parallelStreams: z.int().min(1).max(64).default(4).describe('Streams that are read side by side.'),
      rows: z.int().min(1).optional().describe('A run ends at the next slice edge when it has taken so many rows.'),
      duration: duration.optional().describe('A run ends at the next slice edge after so long; the next one goes on.'),
    })
    .default({ parallelStreams: 4 }),
  pauseAfterFailures: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe('The schedule pauses itself after so many failed runs in a row; 0 = never.'),
  keepStaged: duration
    .default('0s')
    .describe('How long the staged files of runs that succeeded are kept, so that they can be loaded elsewhere.'),
  targetNames: targetNamesSchema.default({}),
});

export type RunOptions = z.infer<typeof runOptionsSchema>;

const usualRunOptions: RunOptions = runOptionsSchema.parse({});

/** Of a stored version, with what was not there yet when it was saved. */
export function runOptionsOf({ limits, pauseAfterFailures, keepStaged, targetNames }: Partial<RunOptions>): RunOptions {
  return {
    limits: { ...usualRunOptions.limits, ...limits },
    pauseAfterFailures: pauseAfterFailures ?? usualRunOptions.pauseAfterFailures,
    keepStaged: keepStaged ?? usualRunOptions.keepStaged,
    targetNames: targetNames ?? usualRunOptions.targetNames,
  };
}

/** What cron and interval have in common. */
const timing = {
  jitter: duration.optional().describe('Puts each start off by up to this long, so that many connections do not start at once.'),
  overlap: z
    .enum(['skip', 'queue'])
    .optional()
    .describe('A time that comes while a run is active is skipped, or one run waits for its end.')
    .meta({ default: 'skip' }),
  catchUp: duration
    .optional()
    .describe('How late a run that was missed in an outage of Temporal may still start; about one interval when absent.'),
};

export const scheduleSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('manual') }),
    z.strictObject({
      type: z.literal('cron'),
      cron: z.string().min(1).describe('Five fields: minute hour day month weekday.'),
      timezone: z.string().min(1).default('UTC').describe('As the IANA names it: Europe/Berlin.'),
      ...timing,
    }),
    z.strictObject({
      type: z.literal('interval'),
      every: duration,
      offset: duration.optional().describe('Moves the starts within the interval, which counts from 1970-01-01T00:00Z.'),
      ...timing,
    }),
  ])
  .meta({ id: 'Schedule' });

export const streamsConfigSchema = z
  .array(streamConfigSchema)
  .min(1)
  .superRefine((streams, context) => {
    const seen = new Set<string>();
    streams.forEach((stream, index) => {
      if (seen.has(stream.name)) {
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `stream ${stream.name} is listed twice` });
      }
      seen.add(stream.name);
    });
  });

/** All that describes a connection but its ends, as who creates one gives it. */
export const connectionSettings = {
  schedule: scheduleSchema.default({ type: 'manual' }),
  streams: streamsConfigSchema,
  ...runOptionsSchema.shape,
};

const { name: _name, mode: _mode, ...usualStream } = streamConfigSchema.parse({ name: '-', mode: 'mirror' });
const USUAL_FIELDS = Object.keys(usualStream);

/** Streams of a stored version, with what was not there yet when they were saved. */
export function storedStreams(streams: readonly StoredStream[]): StreamConfig[] {
  const isWhole = (stream: StoredStream): stream is StreamConfig => USUAL_FIELDS.every((field) => field in stream);
  return streams.map((stream) => (isWhole(stream) ? stream : { ...usualStream, ...stream }));
}

type StoredStream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'mode'>;

export type WriteMode = (typeof WRITE_MODES)[number];
export type RowPolicy = StreamConfig['rowPolicy'];
export type Condition = z.infer<typeof conditionSchema>;
export type TargetNames = z.infer<typeof targetNamesSchema>;
export type StreamConfig = z.infer<typeof streamConfigSchema>;
export type ScheduleConfig = z.infer<typeof scheduleSchema>;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a validated duration such as `30s`. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  if (!match) throw new RangeError(`not a duration: ${text}`);
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
