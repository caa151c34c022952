import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { ClientGone, waitQuerySchema, type WaitQuery } from '../http/wait.js';
import { Answers, BodyMayBeMissing, Describe } from '../openapi/describe.js';
import { VERIFICATIONS } from '../tokens.js';
import {
  verificationQuerySchema,
  verificationSchema,
  verifyBodySchema,
  type VerificationQuery,
  type VerificationView,
  type VerifyBody,
} from './verification-schemas.js';
import type { VerificationService } from './verification-service.js';

@ApiTags('verification')
@Controller('v1')
export class VerificationsController {
  constructor(@Inject(VERIFICATIONS) private readonly verifications: VerificationService) {}

  @Post('connections/:id/verify')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe(
    'verifyConnection',
    'Compare sources with their targets',
    'Changes nothing. With `wait`, answers when all streams were compared or the time is over.',
  )
  @BodyMayBeMissing()
  @Answers(202, verificationSchema)
  verify(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: verifyBodySchema }) body: VerifyBody,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
  ): Promise<Answer<VerificationView>> {
    return this.verifications.request(caller, id, body, { limitMs: query.wait ?? 0, clientGone });
  }

  @Get('connections/:id/verifications')
  @RequireScope('read')
  @Describe('listVerifications', 'Comparisons of a connection that somebody asked for')
  @Answers(200, pageSchema(verificationSchema))
  list(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Query({ schema: verificationQuerySchema }) query: VerificationQuery,
  ): Promise<Page<Partial<VerificationView>>> {
    return this.verifications.list(caller, id, query);
  }

  @Get('verifications/:id')
  @RequireScope('read')
  @Describe('getVerification', 'Read what a comparison has found')
  @Answers(200, verificationSchema)
  get(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('verification')) id: string,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
  ): Promise<VerificationView> {
    return this.verifications.get(caller, id, { limitMs: query.wait ?? 0, clientGone });
  }
}
