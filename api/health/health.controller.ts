import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Open } from '../auth/scope.js';
import { Answers, Describe } from '../openapi/describe.js';
import { HEALTH } from '../tokens.js';
import type { HealthChecks, Readiness } from './health-checks.js';

const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const readinessSchema = z
  .object({ status: z.enum(['ready', 'unavailable']), checks: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness' });

@ApiTags('health')
@Controller()
@Open()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly checks: HealthChecks) {}

  @Get('healthz')
  @Describe('getHealth', 'Is the process alive')
  @Answers(200, healthSchema)
  health(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Describe('getReadiness', 'Can it serve: database, Temporal, and the worker if it has one')
  @Answers(200, readinessSchema)
  @Answers(503, readinessSchema)
  async readiness(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.checks.readiness();
    void reply.status(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  }
}
