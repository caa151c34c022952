import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Open, RequireScope } from '../auth/scope.js';
import { Answers, Describe } from '../openapi/describe.js';
import { METRICS } from '../tokens.js';
import type { MetricService } from './metric-service.js';
import { OPEN_METRICS_TYPE } from './open-metrics.js';

@ApiTags('metrics')
@Controller()
export class MetricsController {
  constructor(@Inject(METRICS) private readonly metrics: MetricService) {}

  @Get('metrics')
  @Open() // not for anybody: ScrapeAccess takes an API key of this scope or the scrape token
  @RequireScope('read')
  @Header('Content-Type', OPEN_METRICS_TYPE)
  @Describe(
    'getMetrics',
    'Metrics in the OpenMetrics text format',
    'With an API key those of its workspace; with `MILLRACE_METRICS_TOKEN` those of all.',
  )
  @ApiProduces('application/openmetrics-text')
  @Answers(200, z.string().describe('See docs/metrics.md.'))
  read(@Req() request: FastifyRequest): Promise<string> {
    return this.metrics.exposition(request);
  }
}
