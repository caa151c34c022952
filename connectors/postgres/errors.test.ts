import { expect, test } from 'vitest';
import { postgresError } from './errors.js';

test.each([
  ['the server ended the session', { code: '57P01' }, 'connector.transient'],
  ['the connection was cut', { code: 'ECONNRESET' }, 'connector.transient'],
  ['nobody listens', { code: 'ECONNREFUSED' }, 'connector.unreachable'],
  ['a wrong password', { code: '28P01' }, 'connector.auth_failed'],
  ["the server's disk is full", { code: '53100' }, 'connector.transient'],
  ['our disk is full while rows are copied to a file', { code: 'ENOSPC' }, 'stage.full'],
  ['a fault of ours', {}, 'engine.internal'],
])('%s', (_, facts, code) => {
  expect(postgresError(Object.assign(new Error('…'), facts), 'Cannot read "t"')).toMatchObject({
    code,
    message: 'Cannot read "t": …',
  });
});

test.each(['Connection terminated unexpectedly', 'Client has encountered a connection error and is not queryable'])(
  '%s: the session was lost, and pg gives it no code',
  (message) => expect(postgresError(new Error(message), 'Cannot read "t"').code).toBe('connector.transient'),
);
