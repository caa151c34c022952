import { z } from 'zod';

/** What sources, destinations and connections have in common. */

export const resourceNameSchema = z.string().trim().min(1).max(200).describe('For people; need not be unique.');

export const MAX_LABELS = 32;

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
