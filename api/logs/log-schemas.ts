import { z } from 'zod';
import { LOG_LEVELS } from '../../platform/config/settings.js';
import { pageQueryFields } from '../http/pagination.js';

const STEPS = ['prepare', 'extract', 'transform', 'load', 'verify', 'finish'] as const;

export const logLineSchema = z
  .object({
    id: z.int().describe('Grows from line to line of a run.'),
    at: z.iso.datetime(),
    level: z.enum(LOG_LEVELS),
    step: z.enum(STEPS),
    stream: z.string().nullable().describe('Null when the line concerns the whole run.'),
    text: z.string(),
  })
  .meta({ id: 'RunLogLine' });

export const logQuerySchema = z.strictObject({
  limit: pageQueryFields.limit,
  after: z.coerce.number().int().min(0).optional().describe('`page.next` of the page before, or the id of the last line seen.'),
  level: z.enum(LOG_LEVELS).optional().describe('Only lines of this level and above.'),
  step: z.enum(STEPS).optional().describe('Only lines of this step.'),
  stream: z.string().min(1).optional().describe('Only lines of this stream.'),
  search: z.string().min(1).max(200).optional().describe('Only lines that hold this text, in whatever case.'),
  format: z.enum(['json', 'text']).default('json').describe('`text` downloads all lines that match, whatever `limit` says.'),
});

export type LogLineView = z.infer<typeof logLineSchema>;
export type LogQuery = z.output<typeof logQuerySchema>;
