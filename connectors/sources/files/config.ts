import { z } from 'zod';

export const FORMATS = ['csv', 'tsv', 'json', 'jsonl', 'parquet'] as const;
export const TYPES = [
  'boolean',
  'int64',
  'float64',
  'numeric',
  'string',
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'uuid',
  'json',
] as const;

const oneByte = z.string().refine((text) => text.length === 1 && text > '\0' && text < '\u0080', 'one ASCII character');

const csvSchema = z.strictObject({
  delimiter: oneByte
    .optional()
    .describe('Between values; a comma, for tsv a tab.')
    .meta({ examples: [';'] }),
  quote: z
    .union([oneByte, z.literal('')])
    .default('"')
    .describe('Around values that hold a delimiter, a quote or a line break; empty for none.'),
  escape: oneByte.optional().describe('Before a quote inside a quoted value; the quote itself when absent.'),
  header: z.boolean().default(true).describe('The first line holds the names; without one they are column1, column2, …'),
  nullValue: z
    .string()
    .default('')
    .describe('An unquoted value that means NULL.')
    .meta({ examples: ['\\N', 'NULL'] }),
  quotedNulls: z.boolean().default(false).describe('A quoted nullValue means NULL as well; otherwise "" is an empty text.'),
  encoding: z.enum(['utf-8', 'latin-1', 'utf-16']).default('utf-8').describe('Of the text in the files.'),
});

const fileStreamSchema = z
  .strictObject({
    name: z.string().min(1).max(200).describe('Name of the stream.'),
    path: z
      .string()
      .min(1)
      .describe('Below root, with *, **, ?, [abc] and {a,b}. A name ending in .gz or .zst is read as gzip or zstd.')
      .meta({ examples: ['airports*.csv.gz', 'orders/**/*.parquet'] }),
    format: z.enum(FORMATS).describe('Of all files of the stream.'),
    csv: csvSchema.partial().optional().describe('For csv and tsv.'),
    types: z
      .record(z.string().min(1), z.enum(TYPES))
      .optional()
      .describe('Types of fields by name, where the ones found in the files are not wanted.'),
  })
  .superRefine((stream, context) => {
    if (/^\/|(^|\/)\.\.(\/|$)|\\|\0/.test(stream.path)) {
      context.addIssue({
        code: 'custom',
        path: ['path'],
        message: 'must stay below root: no leading slash, no .. and no backslash',
      });
    }
    if (stream.csv && !isDelimited(stream.format)) {
      context.addIssue({ code: 'custom', path: ['csv'], message: `has no meaning for ${stream.format}` });
    }
  });

export const config = z.strictObject({
  root: z
    .string()
    .regex(/^file:\/\/\/[^?#]*$/, 'a URL such as file:///data')
    .describe('Folder on the machine of the worker; nothing outside it is read.')
    .meta({ examples: ['file:///data'] }),
  streams: z
    .array(fileStreamSchema)
    .min(1)
    .superRefine((streams, context) => {
      const names = streams.map((stream) => stream.name);
      names.forEach((name, index) => {
        if (names.indexOf(name) < index)
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `${name} is listed twice` });
      });
    })
    .describe('Sets of files, each read as one table.'),
  changedBy: z
    .enum(['arrival', 'modification'])
    .default('arrival')
    .describe(
      'What makes a file new for incremental reads: that it came here or changed here, or its date of modification alone.',
    ),
});

export type FilesConfig = z.infer<typeof config>;
export type FileStream = FilesConfig['streams'][number];
export type FileType = (typeof TYPES)[number];
export type CsvDialect = z.infer<typeof csvSchema> & { readonly delimiter: string; readonly escape: string };

export function isDelimited(format: FileStream['format']): boolean {
  return format === 'csv' || format === 'tsv';
}

export function csvDialect(stream: FileStream): CsvDialect {
  const dialect = csvSchema.parse(stream.csv ?? {});
  const delimiter = dialect.delimiter ?? (stream.format === 'tsv' ? '\t' : ',');
  return { ...dialect, delimiter, escape: dialect.escape ?? dialect.quote };
}
