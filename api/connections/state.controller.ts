import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ConnectionView as EngineView, FeedState, StateChange } from '../../workflows/messages.js';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe } from '../openapi/describe.js';
import { STATE } from '../tokens.js';
import { connectionStateSchema, feedStateSchema, setStateSchema, stateChangeSchema, type SetStateBody } from './state-schemas.js';
import type { StateService } from './state-service.js';

@ApiTags('connections')
@Controller('v1/connections/:id')
export class StateController {
  constructor(@Inject(STATE) private readonly states: StateService) {}

  @Get('state')
  @RequireScope('read')
  @Describe('getState', 'How far each stream was read', 'Asks the workflow, the owner of all cursors.')
  @Answers(200, connectionStateSchema)
  get(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<EngineView> {
    return this.states.get(caller, id);
  }

  @Put('state')
  @Describe('setState', 'Set how far streams were read', 'Takes what GET gave. Streams that are left out keep their position.')
  @Answers(200, connectionStateSchema)
  set(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: setStateSchema }) body: SetStateBody,
  ): Promise<EngineView> {
    return this.states.set(caller, id, body);
  }

  @Get('state/changes')
  @RequireScope('read')
  @Describe('listStateChanges', 'Changes of position that somebody made, newest first')
  @Answers(200, pageSchema(stateChangeSchema))
  changes(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<Page<StateChange>> {
    return this.states.changes(caller, id);
  }

  @Post('state/undo')
  @HttpCode(200)
  @Describe('undoStateChange', 'Undo the newest change of position', 'Positions only: rows that were loaded since stay.')
  @Answers(200, connectionStateSchema)
  undo(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<EngineView> {
    return this.states.undo(caller, id);
  }

  @Post('streams/:stream/reset')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'resetStream',
    'Read a stream from the start in the next run',
    'On top of what is loaded. Other streams keep their position.',
  )
  @Answers(200, feedStateSchema)
  reset(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Param('stream') stream: string,
  ): Promise<FeedState> {
    return this.states.reset(caller, id, stream);
  }

  @Post('streams/:stream/refresh')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'refreshStream',
    'Read a stream from the start in the next run, and replace what is loaded',
    'The old rows stay readable until all new ones are there. Other streams keep their position.',
  )
  @Answers(200, feedStateSchema)
  refresh(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Param('stream') stream: string,
  ): Promise<FeedState> {
    return this.states.refresh(caller, id, stream);
  }
}
