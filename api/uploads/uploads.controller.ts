import { Controller, Delete, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { IdPipe } from '../http/id-pipe.js';
import { Answers, Describe } from '../openapi/describe.js';
import { UPLOADS } from '../tokens.js';
import { TakesFile, requireFile } from './binary-body.js';
import type { UploadFiles } from './upload-files.js';
import { type UploadQuery, type UploadView, uploadQuerySchema, uploadSchema } from './upload-schemas.js';

export const UPLOADS_PATH = '/v1/uploads';
/** Time enough to load it; who needs it longer has a place of their own for it. */
export const UPLOADS_KEPT_MS = 86_400_000;

/** Files that are handed over to be loaded once. Sources are made with `admin`, and so is what they read. */
@ApiTags('uploads')
@Controller(UPLOADS_PATH.slice(1))
export class UploadsController {
  constructor(@Inject(UPLOADS) private readonly files: UploadFiles) {}

  @Post()
  @Describe(
    'uploadFile',
    'Hand over a file, so that a files source can read it',
    'The body is the file itself, of any size. It goes into the stage, and is removed a day later.',
  )
  @TakesFile()
  @Answers(201, uploadSchema)
  async upload(
    @Caller() { workspaceId, audit }: Principal,
    @Query({ schema: uploadQuerySchema }) { name }: UploadQuery,
    @Req() request: FastifyRequest,
  ): Promise<UploadView> {
    const stored = await this.files.store(workspaceId, name, requireFile(request.body));
    audit.note({ resource: stored.id, after: stored });
    return { ...stored, expiresAt: new Date(Date.now() + UPLOADS_KEPT_MS).toISOString() };
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe('deleteUpload', 'Remove a file that was handed over')
  @Answers(204)
  async remove(@Caller() { workspaceId, audit }: Principal, @Param('id', new IdPipe('upload')) id: string): Promise<void> {
    await this.files.remove(workspaceId, id);
    audit.note({ resource: id });
  }
}
