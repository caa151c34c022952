import { z } from 'zod';
import { CATALOGUE } from '../../platform/errors/catalogue.js';

/** RFC 9457; see platform/errors/problem.ts. */
export const problemSchema = z.object({
  type: z.string().describe('urn:millrace:error:<code>'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe(`One of: ${Object.keys(CATALOGUE).sort().join(', ')}. More may come.`),
  suggestion: z.string(),
  errors: z.array(
    z.object({
      path: z.string().describe('streams[0].cursorField'),
      code: z.string(),
      message: z.string(),
      suggestion: z.string().optional(),
      line: z.int().optional(),
      column: z.int().optional(),
    }),
  ),
  retryable: z.boolean().describe('The same request may succeed later, unchanged.'),
  requestId: z.string(),
});
