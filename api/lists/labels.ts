import type { Knex } from 'knex';
import { z } from 'zod';
import { MAX_LABELS } from '../../schema/resource.js';

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
