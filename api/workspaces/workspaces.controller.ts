import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe, HonoursIfMatch } from '../openapi/describe.js';
import { WORKSPACES } from '../tokens.js';
import {
  newWorkspaceSchema,
  workspaceListSchema,
  workspaceSchema,
  writeWorkspaceSchema,
  type NewWorkspaceView,
  type WorkspaceList,
  type WorkspaceView,
  type WriteWorkspace,
} from './workspace-schemas.js';
import type { WorkspaceService } from './workspace-service.js';

/** Needs `admin`. */
@ApiTags('workspaces')
@Controller('v1/workspaces')
export class WorkspacesController {
  constructor(@Inject(WORKSPACES) private readonly workspaces: WorkspaceService) {}

  @Post()
  @Describe(
    'createWorkspace',
    'Create a workspace',
    'With a key of the default workspace only. The answer is the only place where the first key of the new one is ever shown.',
  )
  @Answers(201, newWorkspaceSchema)
  create(
    @Caller() caller: Principal,
    @Body({ schema: writeWorkspaceSchema }) { name }: WriteWorkspace,
  ): Promise<Answer<NewWorkspaceView>> {
    return this.workspaces.create(caller, name);
  }

  @Get()
  @Describe('listWorkspaces', 'List workspaces', 'All with a key of the default workspace, otherwise the own one.')
  @Answers(200, pageSchema(workspaceSchema))
  list(
    @Caller() caller: Principal,
    @Query({ schema: workspaceListSchema }) query: WorkspaceList,
  ): Promise<Page<Partial<WorkspaceView>>> {
    return this.workspaces.list(caller, query);
  }

  @Get(':id')
  @Describe('getWorkspace', 'Read a workspace')
  @Answers(200, workspaceSchema)
  get(@Caller() caller: Principal, @Param('id', new IdPipe('workspace')) id: string): Promise<Answer<WorkspaceView>> {
    return this.workspaces.get(caller, id);
  }

  @Patch(':id')
  @Describe('changeWorkspace', 'Rename a workspace')
  @HonoursIfMatch()
  @Answers(200, workspaceSchema)
  change(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('workspace')) id: string,
    @Body({ schema: writeWorkspaceSchema }) { name }: WriteWorkspace,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<WorkspaceView>> {
    return this.workspaces.rename(caller, id, { name, ifMatch });
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe('deleteWorkspace', 'Delete an empty workspace', 'Its API keys go with it.')
  @HonoursIfMatch()
  @Answers(204)
  remove(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('workspace')) id: string,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<void> {
    return this.workspaces.remove(caller, id, ifMatch);
  }
}
