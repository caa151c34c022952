import type { Knex } from 'knex';
import { z } from 'zod';

const MAX_LABELS = 32;

const keySchema = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/, 'a label is named by 1 to 63 letters, digits, . _ - or /');
// oxlint-disable-next-line no-control-regex
const valueSchema = z.string().regex(/^[^\u0000-\u001f]{0,255}$/, 'at most 255 characters, none of them a control character');

/** What people sort resources by: team, environment, cost centre. */
export const labelsSchema = z
  .record(keySchema, valueSchema)
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)
  .describe(`Text by text, at most ${MAX_LABELS}, to list by: ?label=team=sales.`)
  .meta({ examples: [{ team: 'sales' }] });

export interface LabelFilter {
  readonly key: string;
  /** Any when absent. */
  readonly value?: string;
}

const one = z.string().min(1).max(400);

/** `?label=team=sales&label=owner`: all of them must hold. */
export const labelFilterField = z
  .union([one, z.array(one).max(MAX_LABELS)])
  .transform((texts) => [texts].flat().map(parseFilter))
  .optional()
  .describe('Only those with this label: `key=value`, or `key` for any value. May be given several times: all must hold.')
  .meta({ examples: ['team=sales'] });

function parseFilter(text: string): LabelFilter {
  const end = text.indexOf('=');
  return end < 0 ? { key: text } : { key: text.slice(0, end), value: text.slice(end + 1) };
}

export function whereLabels(query: Knex.QueryBuilder, column: string, filters: readonly LabelFilter[] = []): void {
  for (const { key, value } of filters) {
    if (value === undefined) void query.whereRaw(`${column} \\? ?`, [key]);
    else void query.whereRaw(`${column} @> ?::jsonb`, [JSON.stringify({ [key]: value })]);
  }
}
