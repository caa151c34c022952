import type { FileStream } from './config.js';
import { csvFormat } from './csv/format.js';
import type { FileFormat } from './format.js';
import { jsonFormat } from './json/format.js';
import { parquetFormat } from './parquet/format.js';

const FORMATS: Readonly<Record<FileStream['format'], FileFormat>> = {
  csv: csvFormat,
  tsv: csvFormat,
  json: jsonFormat,
  jsonl: jsonFormat,
  parquet: parquetFormat,
};

export function formatOf(stream: FileStream): FileFormat {
  return FORMATS[stream.format];
}
