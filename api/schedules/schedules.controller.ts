import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MillraceError } from '../../platform/errors/error.js';
import { Caller, type Principal } from '../auth/principal.js';
import { Answers, Describe } from '../openapi/describe.js';
import { SCHEDULES } from '../tokens.js';
import { reconcileReportSchema, type ReconcileReport } from './reconcile-schemas.js';
import type { ScheduleReconciler } from './reconciler.js';

const WAIT_MS = 30_000;

@ApiTags('schedules')
@Controller('v1/schedules')
export class SchedulesController {
  constructor(@Inject(SCHEDULES) private readonly reconciler: ScheduleReconciler) {}

  @Post('reconcile')
  @HttpCode(200)
  @Describe(
    'reconcileSchedules',
    'Compare the schedules of the workspace with Temporal now, and repair them',
    'Happens by itself when an API process starts and every few minutes (MILLRACE_RECONCILE_EVERY).',
  )
  @Answers(200, reconcileReportSchema)
  async reconcile(@Caller() { workspaceId }: Principal): Promise<ReconcileReport> {
    const report = await this.reconciler.run({ workspaceId, waitMs: WAIT_MS });
    if (report) return report;
    throw new MillraceError('request.conflict', {
      detail: 'Another process is comparing the schedules with Temporal.',
      suggestion: 'Try again in a moment.',
    });
  }
}
