import { BadRequestException, NotFoundException } from '@nestjs/common';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MillraceError } from '../../platform/errors/error.js';
import { fieldErrors, fieldPath, inWords } from '../../platform/errors/field-path.js';
import { toMillraceError } from './error-mapping.js';
import { assertMatches, etagOf, isKnown } from './etag.js';
import { updateIdOf } from './idempotency.js';
import { pageQuerySchema, toPage } from './pagination.js';
import { requestId } from './server-hooks.js';

describe('field paths', () => {
  test('are written as a person would', () => {
    expect(fieldPath(['streams', 0, 'target', 'table'])).toBe('streams[0].target.table');
    expect(fieldPath(['url'], 'config')).toBe('config.url');
    expect(fieldPath([])).toBe('');
  });

  test('every unknown field is named with its own path', () => {
    const schema = z.strictObject({ streams: z.array(z.strictObject({ name: z.string() })) });
    const issues = schema.safeParse({ streams: [{ name: 1, foo: 1, bar: 2 }] }).error?.issues ?? [];
    expect(fieldErrors(issues).map(({ path, code }) => [path, code])).toEqual([
      ['streams[0].name', 'invalid_type'],
      ['streams[0].foo', 'unknown_field'],
      ['streams[0].bar', 'unknown_field'],
    ]);
  });

  test('many errors make a short sentence', () => {
    const fields = ['a', 'b', 'c', 'd', 'e'].map((path) => ({ path, code: 'x', message: 'bad' }));
    expect(inWords(fields)).toBe('a: bad; b: bad; c: bad (and 2 more)');
  });
});

describe('errors of others', () => {
  test('keep their status', () => {
    expect(toMillraceError(new NotFoundException('Cannot GET /x'))).toMatchObject({
      code: 'request.not_found',
      message: 'Cannot GET /x',
    });
    expect(toMillraceError(new BadRequestException('no'))).toMatchObject({ code: 'request.invalid' });
    expect(toMillraceError(Object.assign(new Error('big'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 })).code).toBe(
      'request.too_large',
    );
  });

  test('unforeseen ones say nothing of our inside', () => {
    const inside = Object.assign(new Error('select * from api_keys failed for postgresql://u:p@h'), { statusCode: 400 });
    const error = toMillraceError(inside);
    expect(error).toMatchObject({ code: 'engine.internal', message: 'An unexpected error occurred.', cause: inside });
  });

  test('a database that is away is no fault of the request, and it may be repeated', () => {
    const cut = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(toMillraceError(cut)).toMatchObject({ code: 'engine.no_database', recovery: 'retry', cause: cut });
  });

  test('ours pass unchanged', () => {
    const error = new MillraceError('connection.paused', { detail: 'x' });
    expect(toMillraceError(error)).toBe(error);
  });
});

describe('pages', () => {
  const rows = ['run_3', 'run_2', 'run_1'].map((id) => ({ id }));

  test('one row more than the limit says that there is another page', () => {
    expect(toPage(rows, 2, (row) => row.id)).toEqual({ data: ['run_3', 'run_2'], page: { next: 'run_2', hasMore: true } });
    expect(toPage(rows, 3, (row) => row.id)).toEqual({ data: ['run_3', 'run_2', 'run_1'], page: { next: null, hasMore: false } });
  });

  test('limits are bounded and unknown parameters refused', () => {
    expect(pageQuerySchema.parse({})).toEqual({ limit: 50 });
    expect(pageQuerySchema.parse({ limit: '200' })).toEqual({ limit: 200 });
    for (const bad of [{ limit: '0' }, { limit: '201' }, { limit: 'x' }, { after: "x'" }, { offset: '1' }]) {
      expect(pageQuerySchema.safeParse(bad).success).toBe(false);
    }
  });
});

describe('headers', () => {
  test('If-Match passes for the current revision and *, and must be there', () => {
    const resource = { id: 'src_1', revision: 3 };
    for (const header of ['*', etagOf(resource), `"x", ${etagOf(resource)}`]) {
      expect(() => assertMatches(header, resource)).not.toThrow();
    }
    for (const header of ['"src_1.2"', 'W/"src_1.3"']) {
      expect(() => assertMatches(header, resource)).toThrowError(expect.objectContaining({ code: 'request.stale' }) as Error);
    }
    for (const header of [undefined, '', ' ']) {
      const missing = expect.objectContaining({ code: 'request.precondition_required', path: 'If-Match' }) as Error;
      expect(() => assertMatches(header, resource)).toThrowError(missing);
    }
  });

  test('If-None-Match knows lists, * and weak tags', () => {
    for (const header of ['"a"', '*', 'W/"a"', '"b", "a"', '"b",W/"a"']) expect(isKnown(header, '"a"')).toBe(true);
    for (const header of [undefined, '', '"b"', 'a']) expect(isKnown(header, '"a"')).toBe(false);
  });

  test('an Idempotency-Key gives one id per principal and route', () => {
    const scope = { principal: 'key_1', route: 'POST /v1/connections/con_1/syncs' };
    expect(updateIdOf(scope, 'a')).toBe(updateIdOf(scope, 'a'));
    const others = [
      updateIdOf(scope, 'b'),
      updateIdOf({ ...scope, principal: 'key_2' }, 'a'),
      updateIdOf({ ...scope, route: 'x' }, 'a'),
    ];
    expect(new Set([updateIdOf(scope, 'a'), ...others]).size).toBe(4);
    expect(updateIdOf(scope, undefined)).not.toBe(updateIdOf(scope, undefined));
    expect(() => updateIdOf(scope, 'with space')).toThrow(MillraceError);
  });

  test('a request id is echoed only when it is harmless', () => {
    expect(requestId({ headers: { 'x-request-id': 'abc-1' } })).toBe('abc-1');
    expect(requestId({ headers: { 'x-request-id': 'a b\nc' } })).toMatch(/^req_/);
    expect(requestId({ headers: {} })).toMatch(/^req_/);
  });
});
