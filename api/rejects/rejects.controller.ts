import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, type StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { SyncService } from '../connections/sync-service.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { ClientGone, waitQuerySchema, type WaitQuery } from '../http/wait.js';
import { Answers, BodyMayBeMissing, Describe, HonoursIdempotencyKey } from '../openapi/describe.js';
import { runSchema, type RunView } from '../runs/run-schemas.js';
import { REJECTS, SYNCS } from '../tokens.js';
import {
  downloadQuerySchema,
  rejectQuerySchema,
  rejectSchema,
  rejectedRowSchema,
  replayRejectsSchema,
  rowsQuerySchema,
  type DownloadFormat,
  type RejectQuery,
  type RejectView,
  type RejectedRow,
  type ReplayRejectsBody,
  type RowsQuery,
} from './reject-schemas.js';
import type { RejectService } from './reject-service.js';

@ApiTags('rejects')
@Controller('v1')
export class RejectsController {
  constructor(
    @Inject(REJECTS) private readonly rejects: RejectService,
    @Inject(SYNCS) private readonly syncs: SyncService,
  ) {}

  @Get('runs/:id/rejects')
  @RequireScope('read')
  @Describe('listRunRejects', 'Rows that a run rejected, by slice, newest first')
  @Answers(200, pageSchema(rejectSchema))
  ofRun(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('run')) id: string,
    @Query({ schema: rejectQuerySchema }) query: RejectQuery,
  ): Promise<Page<RejectView>> {
    return this.rejects.ofRun(caller, id, query);
  }

  @Get('connections/:id/rejects')
  @RequireScope('read')
  @Describe('listConnectionRejects', 'Rows that the runs of a connection rejected, by slice, newest first')
  @Answers(200, pageSchema(rejectSchema))
  ofConnection(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Query({ schema: rejectQuerySchema }) query: RejectQuery,
  ): Promise<Page<RejectView>> {
    return this.rejects.ofConnection(caller, id, query);
  }

  @Get('rejects/:id/rows')
  @RequireScope('read')
  @Describe('listRejectedRows', 'Rejected rows with their values and reasons', 'The API reads them from the stage itself.')
  @Answers(200, pageSchema(rejectedRowSchema))
  rows(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('reject')) id: string,
    @Query({ schema: rowsQuerySchema }) query: RowsQuery,
  ): Promise<Page<RejectedRow>> {
    return this.rejects.rows(caller, id, query);
  }

  @Get('rejects/:id/download')
  @RequireScope('read')
  @Describe('downloadRejectedRows', 'Rejected rows as a file: Parquet, CSV or newline-delimited JSON')
  @ApiProduces('application/vnd.apache.parquet', 'text/csv', 'application/x-ndjson')
  @Answers(200, z.string().describe('The file.'))
  download(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('reject')) id: string,
    @Query({ schema: downloadQuerySchema }) { format }: { readonly format: DownloadFormat },
  ): Promise<StreamableFile> {
    return this.rejects.download(caller, id, format);
  }

  @Post('connections/:id/rejects/replay')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe(
    'replayRejects',
    'Load rejected rows again, after what refused them was changed',
    'By the configuration of today and without the source; once more is not twice. Rows that are refused again are rejected again.',
  )
  @HonoursIdempotencyKey()
  @BodyMayBeMissing()
  @Answers(202, runSchema)
  async replay(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: replayRejectsSchema }) body: ReplayRejectsBody,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
    @Headers('Idempotency-Key') idempotencyKey?: string,
  ): Promise<Answer<RunView>> {
    if (idempotencyKey === undefined) await this.rejects.requireReplayable(caller, id, body); // a repeated call gets its run
    return this.syncs.replayRejects(caller, id, { body, idempotencyKey, wait: { limitMs: query.wait ?? 0, clientGone } });
  }
}
