import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { Answers, Describe, MayAnswer } from '../openapi/describe.js';
import { PREVIEWS } from '../tokens.js';
import {
  previewSchema,
  querySchema,
  streamPreviewQuerySchema,
  transformPreviewSchema,
  validateSchema,
  validationSchema,
  type PreviewView,
  type QueryBody,
  type StreamPreviewQuery,
  type TransformPreviewBody,
  type ValidateBody,
  type ValidationView,
} from './preview-schemas.js';
import type { PreviewService } from './preview-service.js';

@ApiTags('previews')
@Controller('v1')
export class PreviewsController {
  constructor(@Inject(PREVIEWS) private readonly previews: PreviewService) {}

  @Get('sources/:id/streams/:stream/preview')
  @RequireScope('operate')
  @Describe('previewStream', 'Some rows of a stream', 'Whichever the source finds first. It is only read, and not for long.')
  @Answers(200, previewSchema)
  @MayAnswer(422)
  ofStream(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('source')) id: string,
    @Param('stream') stream: string,
    @Query({ schema: streamPreviewQuerySchema }) query: StreamPreviewQuery,
  ): Promise<PreviewView> {
    return this.previews.ofStream(caller, id, { ...query, stream });
  }

  @Post('sources/:id/query')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'querySource',
    'Run a SELECT over samples of the streams of a source',
    'DuckDB runs it, not the source: `sampled` says of which streams all rows were read.',
  )
  @Answers(200, previewSchema)
  query(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('source')) id: string,
    @Body({ schema: querySchema }) body: QueryBody,
  ): Promise<PreviewView> {
    return this.previews.query(caller, id, body);
  }

  @Post('transforms/validate')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'validateTransform',
    'Say whether SQL may be a transform, and what its columns are made of',
    'SQL that is refused is an answer, too: 200 with `valid: false`. Without a stream no worker is needed, and columns that do not exist are not found.',
  )
  @Answers(200, validationSchema)
  @MayAnswer(404)
  validate(@Caller() caller: Principal, @Body({ schema: validateSchema }) body: ValidateBody): Promise<ValidationView> {
    return this.previews.validate(caller, body);
  }

  @Post('transforms/preview')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe('previewTransform', 'Run SQL over a sample of a stream', 'As a run does, in the locked engine; nothing is kept.')
  @Answers(200, previewSchema)
  @MayAnswer(404)
  ofTransform(
    @Caller() caller: Principal,
    @Body({ schema: transformPreviewSchema }) body: TransformPreviewBody,
  ): Promise<PreviewView> {
    return this.previews.ofTransform(caller, body);
  }
}
