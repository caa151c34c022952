import { z } from 'zod';
import { pageQueryFields } from '../http/pagination.js';
import { momentSchema, querySchema } from '../lists/list-query.js';

export const auditQuerySchema = querySchema({
  ...pageQueryFields,
  resource: z.string().min(1).optional().describe('Only of the resource with this id.'),
  key: z.string().min(1).optional().describe('Only of the API key with this id.'),
  since: momentSchema.optional().describe('Only from this time on.'),
  until: momentSchema.optional().describe('Only before this time.'),
});

export const auditSchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime().describe('When the request came.'),
    key: z.object({ id: z.string(), name: z.string().describe('As it was then.') }),
    method: z.string(),
    route: z.string().meta({ examples: ['/v1/sources/{id}'] }),
    resource: z.string().nullable().describe('Id of what was changed, or was to be.'),
    status: z.int().describe('Of the answer; from 400 on the request was refused, or failed.'),
    requestId: z.string(),
    before: z.unknown().describe('Without secrets; null where there was nothing before. More than 16 KB is cut.'),
    after: z.unknown().describe('Likewise; null where nothing is left, and when the request was refused.'),
  })
  .meta({ id: 'AuditEntry' });

export type AuditQuery = z.output<typeof auditQuerySchema>;
export type AuditView = z.infer<typeof auditSchema>;
