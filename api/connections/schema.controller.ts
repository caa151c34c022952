import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { SchemaVersion } from '../../platform/db/stream-schemas.js';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { type Page, pageSchema } from '../http/pagination.js';
import { Answers, Describe } from '../openapi/describe.js';
import { SCHEMAS } from '../tokens.js';
import { type SchemaQuery, schemaQuerySchema, schemaVersionSchema } from './schema-schemas.js';
import type { SchemaService } from './schema-service.js';

@ApiTags('connections')
@Controller('v1/connections/:id')
export class SchemaController {
  constructor(@Inject(SCHEMAS) private readonly schemas: SchemaService) {}

  @Get('schemas')
  @RequireScope('read')
  @Describe('listSchemas', "Versions of the streams' columns, newest first", 'Each as the first run that met it found it.')
  @Answers(200, pageSchema(schemaVersionSchema))
  list(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Query({ schema: schemaQuerySchema }) query: SchemaQuery,
  ): Promise<Page<SchemaVersion>> {
    return this.schemas.list(caller, id, query.stream);
  }

  @Post('streams/:stream/schema/accept')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe('acceptSchema', "Accept the newest version of a stream's columns", 'The next run brings the target up to it.')
  @Answers(200, schemaVersionSchema)
  accept(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Param('stream') stream: string,
  ): Promise<SchemaVersion> {
    return this.schemas.accept(caller, id, stream);
  }
}
