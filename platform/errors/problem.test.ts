import { describe, expect, test } from 'vitest';
import { CATALOGUE, type ErrorCode } from './catalogue.js';
import { MillraceError } from './error.js';
import { httpStatus, toProblem } from './problem.js';

const codes = Object.keys(CATALOGUE) as ErrorCode[];

describe('problems', () => {
  test.each(codes)('%s has an HTTP status of an error', (code) => {
    expect(httpStatus(code)).toBeGreaterThanOrEqual(400);
    expect(httpStatus(code)).toBeLessThan(600);
  });

  test.each([
    ['connector.transient', 503],
    ['source.bad_data', 422],
    ['load.stale_epoch', 409],
    ['load.count_mismatch', 500],
    ['request.not_found', 404],
    ['connector.unreachable', 422],
  ] as const)('%s becomes %i', (code, status) => {
    expect(httpStatus(code)).toBe(status);
  });

  test('a problem carries the code, what to do, and where', () => {
    const error = new MillraceError('connector.auth_failed', {
      detail: 'The server refused user sync.',
      path: 'config.password',
    });
    expect(toProblem(error, 'req_1')).toEqual({
      type: 'urn:millrace:error:connector.auth_failed',
      title: 'The server refused the credentials',
      status: 422,
      detail: 'The server refused user sync.',
      code: 'connector.auth_failed',
      suggestion: 'Check user and password.',
      errors: [
        {
          path: 'config.password',
          code: 'connector.auth_failed',
          message: 'The server refused user sync.',
          suggestion: 'Check user and password.',
        },
      ],
      retryable: false,
      requestId: 'req_1',
    });
  });

  test('several wrong fields are listed as they are', () => {
    const fields = [
      { path: 'a', code: 'x', message: 'm' },
      { path: 'b', code: 'y', message: 'n' },
    ];
    expect(toProblem(new MillraceError('request.invalid', { detail: 'two', fields }), 'r').errors).toEqual(fields);
  });
});
