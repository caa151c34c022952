import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Deletion, deletionSchema } from '../archive/archive.js';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe, HonoursIfMatch } from '../openapi/describe.js';
import { CONNECTIONS } from '../tokens.js';
import {
  connectionDetailsSchema,
  connectionItemSchema,
  connectionListSchema,
  connectionSchema,
  createConnectionSchema,
  patchConnectionSchema,
  type ConnectionChange,
  type ConnectionDetails,
  type ConnectionItem,
  type ConnectionList,
  type ConnectionView,
  type CreateConnection,
} from './connection-schemas.js';
import type { ConnectionService } from './connection-service.js';

@ApiTags('connections')
@Controller('v1/connections')
export class ConnectionsController {
  constructor(@Inject(CONNECTIONS) private readonly connections: ConnectionService) {}

  @Post()
  @Describe(
    'createConnection',
    'Connect a source to a destination',
    'Everything that can be known before a run is validated now.',
  )
  @Answers(201, connectionSchema)
  create(
    @Caller() caller: Principal,
    @Body({ schema: createConnectionSchema }) body: CreateConnection,
  ): Promise<Answer<ConnectionView>> {
    return this.connections.create(caller, body);
  }

  @Get()
  @RequireScope('read')
  @Describe('listConnections', 'List connections')
  @Answers(200, pageSchema(connectionItemSchema))
  list(
    @Caller() caller: Principal,
    @Query({ schema: connectionListSchema }) query: ConnectionList,
  ): Promise<Page<Partial<ConnectionItem>>> {
    return this.connections.list(caller, query);
  }

  @Get(':id')
  @RequireScope('read')
  @Describe('getConnection', 'Read a connection, and what its schedule does next')
  @Answers(200, connectionDetailsSchema)
  get(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<Answer<ConnectionDetails>> {
    return this.connections.get(caller, id);
  }

  @Put(':id')
  @Describe(
    'replaceConnection',
    'Replace a connection',
    'Source and destination stay; a run that is active keeps the version it started with.',
  )
  @HonoursIfMatch()
  @Answers(200, connectionSchema)
  replace(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: createConnectionSchema }) body: CreateConnection,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<ConnectionView>> {
    return this.connections.change(caller, id, body, ifMatch);
  }

  @Patch(':id')
  @Describe('changeConnection', 'Change some fields of a connection')
  @HonoursIfMatch()
  @Answers(200, connectionSchema)
  change(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: patchConnectionSchema }) body: ConnectionChange,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<ConnectionView>> {
    return this.connections.change(caller, id, body, ifMatch);
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe(
    'deleteConnection',
    'Delete a connection',
    'Cancels an active run. What was loaded stays in the destination. It can be restored for MILLRACE_RESTORE_WINDOW.',
  )
  @HonoursIfMatch()
  @Answers(204)
  remove(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Query({ schema: deletionSchema }) { forever }: Deletion,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<void> {
    return this.connections.remove(caller, id, { forever, ifMatch });
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Describe(
    'restoreConnection',
    'Restore a deleted connection',
    'It goes on where it was. 409 while its source or destination is deleted, and when another connection has taken a target.',
  )
  @Answers(200, connectionSchema)
  restore(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<Answer<ConnectionView>> {
    return this.connections.restore(caller, id);
  }
}
