import { invalid } from '../input.js';

/** What the name of a file does not tell. */
export interface FileOptions {
  readonly format?: string;
  readonly delimiter?: string;
  readonly nullValue?: string;
  readonly header?: boolean;
}

const FORMATS = { csv: 'csv', tsv: 'tsv', json: 'json', jsonl: 'jsonl', ndjson: 'jsonl', parquet: 'parquet' } as const;
const NAMED = /^(?<stem>.+?)(\.(?<ending>csv|tsv|json|jsonl|ndjson|parquet))?(\.(?<packed>gz|zst))?$/i;

export interface FileStream {
  /** A name that a files source reads by its ending. */
  readonly name: string;
  /** As the configuration of a files source has it. */
  readonly stream: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** The stream of one file, called as the file without its endings. @throws MillraceError `request.invalid` */
export function fileStream(file: string, options: FileOptions): FileStream {
  const { stem = file, ending, packed } = NAMED.exec(file)?.groups ?? {};
  const format = formatOf(options.format ?? ending, file);
  const name = stem.replaceAll(/[^\w]+/g, '_').replace(/^_+|_+$/g, '') || 'data';
  const csv = csvOf(options);
  const stored = `${name}.${format}${packed === undefined ? '' : `.${packed.toLowerCase()}`}`; // what people call their files may be more than a name may hold
  return { name: stored, stream: { name, path: stored, format, ...(csv && { csv }) } };
}

function formatOf(text: string | undefined, file: string): string {
  const format = FORMATS[text?.toLowerCase() as keyof typeof FORMATS];
  if (format !== undefined) return format;
  const known = Object.keys(FORMATS).join(', ');
  throw invalid(
    '--format',
    text === undefined ? `The name ${file} does not tell its format.` : `There is no format ${text}.`,
    `Say one of ${known}.`,
  );
}

function csvOf({ delimiter, nullValue, header }: FileOptions): Readonly<Record<string, unknown>> | undefined {
  const csv = {
    ...(delimiter !== undefined && { delimiter: delimiter === '\\t' ? '\t' : delimiter }),
    ...(nullValue !== undefined && { nullValue }),
    ...(header === false && { header }),
  };
  return Object.keys(csv).length > 0 ? csv : undefined;
}
