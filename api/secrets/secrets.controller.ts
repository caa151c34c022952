import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { Answers, Describe } from '../openapi/describe.js';
import { SECRETS } from '../tokens.js';
import { type SecretRotation, type SecretStatus, rotationSchema, secretStatusSchema } from './secret-schemas.js';
import type { SecretService } from './secret-service.js';

/** Needs `admin`. A key of the default workspace speaks for the whole installation, another one for its own workspace. */
@ApiTags('secrets')
@Controller('v1/secrets')
export class SecretsController {
  constructor(@Inject(SECRETS) private readonly secrets: SecretService) {}

  @Get()
  @Describe('getSecretStatus', 'How many stored values are sealed with which key')
  @Answers(200, secretStatusSchema)
  status(@Caller() caller: Principal): Promise<SecretStatus> {
    return this.secrets.status(caller);
  }

  @Post('rotate')
  @HttpCode(200)
  @Describe(
    'rotateSecrets',
    'Seal every stored secret with the current key',
    'While everything goes on. May be broken off and asked for again at any time.',
  )
  @Answers(200, rotationSchema)
  rotate(@Caller() caller: Principal): Promise<SecretRotation> {
    return this.secrets.rotate(caller);
  }
}
