import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { KeyStore } from '../auth/key-store.js';
import { Caller, type Principal } from '../auth/principal.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { toList } from '../lists/list-page.js';
import { Answers, BodyMayBeMissing, Describe } from '../openapi/describe.js';
import { API_KEYS } from '../tokens.js';
import {
  createKeySchema,
  keyListSchema,
  keySchema,
  keyView,
  newKeySchema,
  rotateKeySchema,
  type CreateKey,
  type KeyList,
  type KeyView,
  type NewKeyView,
  type RotateKey,
} from './key-schemas.js';

/** Keys of the caller's own workspace. All of it needs `admin`. */
@ApiTags('api-keys')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(@Inject(API_KEYS) private readonly keys: KeyStore) {}

  @Post()
  @Describe('createApiKey', 'Create an API key', 'The answer is the only place where the key is ever shown.')
  @Answers(201, newKeySchema)
  async create(
    @Caller() { workspaceId, audit }: Principal,
    @Body({ schema: createKeySchema }) body: CreateKey,
  ): Promise<NewKeyView> {
    const expiresAt = body.expiresAt === null ? null : new Date(body.expiresAt);
    const { row, text } = await this.keys.create({ workspaceId, name: body.name, scope: body.scope, expiresAt }, (tx, made) =>
      audit.write(tx, { resource: made.id, after: keyView(made) }),
    );
    return { ...keyView(row), key: text };
  }

  @Get()
  @Describe('listApiKeys', 'List API keys')
  @Answers(200, pageSchema(keySchema))
  async list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: keyListSchema }) query: KeyList,
  ): Promise<Page<Partial<KeyView>>> {
    return toList(await this.keys.list(workspaceId, query), query, keyView);
  }

  @Post(':id/rotate')
  @Describe(
    'rotateApiKey',
    'Replace an API key by a new one',
    'The new key has the same name and scope and works at once; the old one works until the overlap ends.',
  )
  @BodyMayBeMissing()
  @Answers(201, newKeySchema)
  async rotate(
    @Caller() { workspaceId, audit }: Principal,
    @Param('id', new IdPipe('key')) id: string,
    @Body({ schema: rotateKeySchema }) { overlap, expiresAt }: RotateKey,
  ): Promise<NewKeyView> {
    const end = expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : new Date(expiresAt) };
    const { row, text } = await this.keys.rotate(workspaceId, id, { overlapMs: overlap, ...end }, (tx, made, old) =>
      audit.write(tx, { resource: id, before: old && keyView(old), after: keyView(made) }),
    );
    return { ...keyView(row), key: text };
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe('revokeApiKey', 'Revoke an API key', 'At once and for good. The key stays in the list.')
  @Answers(204)
  async revoke(@Caller() { workspaceId, audit }: Principal, @Param('id', new IdPipe('key')) id: string): Promise<void> {
    await this.keys.revoke(workspaceId, id, (tx, row, before) =>
      audit.write(tx, { resource: id, before: before && keyView(before), after: keyView(row) }),
    );
  }
}
