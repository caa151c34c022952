import { randomBytes } from 'node:crypto';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Open } from '../auth/scope.js';
import { OPENAPI } from '../tokens.js';
import { docsPage } from './page.js';

/** The document can be made only after the application that it describes: the server fills it in. */
export class OpenApiHolder {
  document: OpenAPIObject | undefined;
}

/** Open like health: the description of the routes is no secret, and clients are generated from it. */
@ApiExcludeController()
@Controller()
@Open()
export class DocsController {
  constructor(@Inject(OPENAPI) private readonly openApi: OpenApiHolder) {}

  @Get('openapi.json')
  document(): OpenAPIObject | undefined {
    return this.openApi.document;
  }

  @Get('docs')
  page(@Res() reply: FastifyReply): void {
    const nonce = randomBytes(16).toString('base64');
    const policy = `default-src 'none'; connect-src 'self'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`;
    void reply.header('Content-Security-Policy', policy).type('text/html; charset=utf-8').send(docsPage(nonce));
  }
}
