import { z } from 'zod';
import { streamConfigSchema } from '../../schema/connection-config.js';

const columnSchema = z
  .object({
    name: z.string(),
    type: z
      .string()
      .describe('Logical type.')
      .meta({ examples: ['int64', 'decimal(10,2)', 'timestamptz'] }),
    nullable: z.boolean(),
    native: z.object({ system: z.string(), type: z.string() }).optional().describe("The source's own type."),
  })
  .meta({ id: 'PreviewColumn' });

const sampledSchema = z.object({
  stream: z.string(),
  rows: z.int().describe('So many were read.'),
  complete: z.boolean().describe('The stream has no more rows than these.'),
});

export const previewSchema = z
  .object({
    columns: z.array(columnSchema),
    rows: z
      .array(z.array(z.string().nullable()))
      .describe(
        'A value per column, as text that loses nothing: all digits, microseconds, bytes as \\x and hexadecimal digits, lists as JSON of texts. NULL is null.',
      ),
    hasMore: z.boolean().describe('There are more rows than these.'),
    sampled: z.array(sampledSchema),
    rowsIn: z.int().describe('Rows that the SQL has seen.'),
    rowsOut: z.int().describe('Rows that came out, whether they are shown or not.'),
    note: z.string().nullable().describe('What the SQL has not seen, in words.'),
    timing: z.object({ readMs: z.number(), transformMs: z.number().nullable() }),
  })
  .meta({
    id: 'Preview',
    examples: [
      {
        columns: [
          { name: 'id', type: 'int64', nullable: false },
          { name: 'email', type: 'string', nullable: true },
        ],
        rows: [
          ['9007199254740993', ''],
          ['2', null],
        ],
        hasMore: true,
        sampled: [{ stream: 'public.orders', rows: 200, complete: false }],
        ...{ rowsIn: 200, rowsOut: 180, timing: { readMs: 40, transformMs: 65 } },
        note: 'Only a sample was read: 200 of public.orders. The SQL has not seen the other rows.',
      },
    ],
  });

const connectionId = z
  .string()
  .min(1)
  .optional()
  .describe('As this connection reads the stream: its columns and its filter, and its SQL where none is given.');
const shown = (usual: number, most: number) =>
  z.coerce.number().int().min(1).max(most).default(usual).describe(`How many rows to show, at most ${most}.`);
const sample = (usual: number, most: number) =>
  z.int().min(1).max(most).default(usual).describe(`How many rows to read of a stream, at most ${most}.`);
const sql = z.string().min(1).max(100_000);

export const streamPreviewQuerySchema = z.strictObject({
  limit: shown(20, 200),
  connectionId: z.string().min(1).optional().describe('As this connection reads the stream: its columns and its filter.'),
});

const stream = {
  sourceId: z.string().min(1).optional(),
  connectionId,
  stream: z.string().min(1).optional().describe('Stream of the source, e.g. public.orders.'),
};

export const transformPreviewSchema = z
  .strictObject({
    ...stream,
    stream: z.string().min(1).describe('Stream of the source, e.g. public.orders.'),
    sql: sql.optional().describe('One SELECT over input. The SQL of the connection when absent.'),
    columns: streamConfigSchema.shape.columns.describe('Only these columns of the stream are input.'),
    sample: sample(200, 10_000),
    limit: shown(20, 200),
  })
  .refine((body) => body.sourceId !== undefined || body.connectionId !== undefined, {
    path: ['sourceId'],
    message: 'sourceId or connectionId is needed.',
  })
  .meta({ examples: [{ sourceId: 'src_…', stream: 'public.orders', sql: 'select id, amount * 2 as double from input' }] });

export const querySchema = z
  .strictObject({
    sql: sql.describe('One SELECT; FROM names streams of the source.'),
    sample: sample(10_000, 100_000),
    limit: shown(100, 1_000),
  })
  .meta({ examples: [{ sql: 'select status, count(*) as orders from public.orders group by all' }] });

export const validateSchema = z
  .strictObject({
    ...stream,
    sql,
    columns: streamConfigSchema.shape.columns.describe('Only these columns of the stream are input.'),
    inputs: z
      .record(z.string().min(1), z.array(z.string().min(1)).max(2_000))
      .optional()
      .describe(
        'Tables that the SQL may read, with their columns, where no stream is named; `input` with unknown columns when absent.',
      ),
  })
  .refine((body) => body.stream === undefined || body.sourceId !== undefined || body.connectionId !== undefined, {
    path: ['sourceId'],
    message: 'A stream needs sourceId or connectionId.',
  })
  .refine((body) => body.stream !== undefined || (body.sourceId === undefined && body.connectionId === undefined), {
    path: ['stream'],
    message: 'Which stream of it?',
  })
  .meta({ examples: [{ sql: 'select id, upper(name) as name from input' }] });

const lineageSchema = z
  .object({
    column: z.string().describe('`*` for columns that the SQL alone does not name.'),
    from: z.array(z.string()).describe('Columns of the input; `table.column` where there are several tables.'),
    kind: z
      .enum(['passed', 'computed', 'unknown'])
      .describe('The input column untouched; made of them; or made of more than is known here.'),
  })
  .meta({ id: 'ColumnLineage' });

export const validationSchema = z
  .object({
    valid: z.boolean(),
    errors: z
      .array(
        z.object({
          code: z.string(),
          message: z.string(),
          suggestion: z.string(),
          line: z.int().optional().describe('From 1.'),
          column: z.int().optional().describe('From 1, in characters.'),
        }),
      )
      .describe('Empty when it is valid.'),
    columns: z.array(columnSchema).nullable().describe('Of the result; null when no stream was named, or the SQL is not valid.'),
    lineage: z.array(lineageSchema),
    rowWise: z
      .boolean()
      .nullable()
      .describe(
        'Each row of the result comes from one row of the input: rows that are left out are counted. Null when not valid.',
      ),
  })
  .meta({
    id: 'SqlValidation',
    examples: [
      {
        ...{ valid: true, errors: [], columns: null, rowWise: true },
        lineage: [
          { column: 'id', from: ['id'], kind: 'passed' },
          { column: 'name', from: ['name'], kind: 'computed' },
        ],
      },
    ],
  });

export type PreviewView = z.infer<typeof previewSchema>;
export type StreamPreviewQuery = z.output<typeof streamPreviewQuerySchema>;
export type TransformPreviewBody = z.output<typeof transformPreviewSchema>;
export type QueryBody = z.output<typeof querySchema>;
export type ValidateBody = z.output<typeof validateSchema>;
export type ValidationView = z.infer<typeof validationSchema>;
