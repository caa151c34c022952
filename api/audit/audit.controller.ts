import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { pageSchema, toPage, type Page } from '../http/pagination.js';
import { Answers, Describe } from '../openapi/describe.js';
import { AUDIT } from '../tokens.js';
import { auditQuerySchema, auditSchema, type AuditQuery, type AuditView } from './audit-schemas.js';
import { type AuditStore, auditView } from './audit-store.js';

/** Needs `admin`: it shows what was configured, and by whom. */
@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(AUDIT) private readonly audit: AuditStore) {}

  @Get()
  @Describe(
    'listAudit',
    'Who changed what, newest first',
    'Every write that was carried out, or refused after its key was known. Kept for MILLRACE_AUDIT_KEEP.',
  )
  @Answers(200, pageSchema(auditSchema))
  async list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: auditQuerySchema }) query: AuditQuery,
  ): Promise<Page<AuditView>> {
    return toPage(await this.audit.list(workspaceId, query), query.limit, auditView);
  }
}
