import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { MillraceError } from '../../platform/errors/error.js';
import { RequireScope } from '../auth/scope.js';
import { pageSchema, wholePage, type Page } from '../http/pagination.js';
import { Answers, Describe } from '../openapi/describe.js';
import { connectorSchema, connectorViews, type ConnectorView } from './connector-view.js';

const kindQuerySchema = z.strictObject({
  kind: z.enum(['source', 'destination']).optional().describe('One id may name a source and a destination.'),
});

type KindQuery = z.output<typeof kindQuerySchema>;

/** A system that can be read and written has two connectors of one id: the list has both. */
@ApiTags('connectors')
@Controller('v1/connectors')
@RequireScope('read')
export class ConnectorsController {
  @Get()
  @Describe('listConnectors', 'List the connectors of this build')
  @Answers(200, pageSchema(connectorSchema))
  list(@Query({ schema: kindQuerySchema }) { kind }: KindQuery): Page<ConnectorView> {
    return wholePage(connectorViews(kind));
  }

  @Get(':id')
  @Describe(
    'getConnector',
    'Read a connector with the schema of its configuration',
    'Of two connectors of one id the source, unless `kind` says otherwise.',
  )
  @Answers(200, connectorSchema)
  get(@Param('id') id: string, @Query({ schema: kindQuerySchema }) { kind }: KindQuery): ConnectorView {
    const found = connectorViews(kind).find((connector) => connector.id === id);
    if (found) return found;
    throw new MillraceError('request.not_found', { detail: `There is no ${kind ?? ''} connector ${id}.`.replace('  ', ' ') });
  }
}
