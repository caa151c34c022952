import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isMillraceError } from '../errors/error.js';
import { DEFAULT_PORTS, loadSettings } from './settings.js';

function refusal(env: NodeJS.ProcessEnv): { code: string; message: string; suggestion: string } {
  try {
    loadSettings(env);
  } catch (error) {
    if (isMillraceError(error)) return { code: error.code, message: error.message, suggestion: error.suggestion };
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('defaults', () => {
  test('an empty environment gives an embedded stack in .millrace', () => {
    const settings = loadSettings({});
    expect(settings).toMatchObject({
      home: resolve('.millrace'),
      apiHost: '127.0.0.1',
      apiPort: DEFAULT_PORTS.api,
      pgPort: DEFAULT_PORTS.postgres,
      temporalPort: DEFAULT_PORTS.temporal,
      temporalUiPort: DEFAULT_PORTS.temporalUi,
      taskQueue: 'millrace',
      temporalNamespace: 'default',
      logLevel: 'info',
    });
    expect(settings).not.toHaveProperty('databaseUrl');
    expect(settings).not.toHaveProperty('secretKey');
  });

  test('an empty variable counts as absent', () => {
    expect(loadSettings({ DATABASE_URL: '', MILLRACE_API_PORT: ' ' })).toEqual(loadSettings({}));
  });

  test('the settings cannot be changed', () => {
    expect(Object.isFrozen(loadSettings({}))).toBe(true);
  });
});

describe('values', () => {
  test('0 asks for a free port', () => {
    expect(loadSettings({ MILLRACE_API_PORT: '0' })).toMatchObject({ apiPort: 0, requestedPorts: ['api'] });
  });

  test.each([
    ['base64', Buffer.alloc(32, 7).toString('base64')],
    ['hex', Buffer.alloc(32, 7).toString('hex')],
  ])('a secret key may be %s', (_, text) => {
    expect(loadSettings({ MILLRACE_SECRET_KEY: text }).secretKey).toEqual(Buffer.alloc(32, 7));
  });

  test('old secret keys, variables and folders are lists', () => {
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const text = `${one.toString('base64')}, ${two.toString('hex')}`;
    expect(loadSettings({ MILLRACE_SECRET_KEY_OLD: text }).oldSecretKeys).toEqual([one, two]);
    expect(loadSettings({ MILLRACE_SECRET_ENV: 'SECRET_*, CRM_URL' }).secretEnv).toEqual(['SECRET_*', 'CRM_URL']);
    expect(loadSettings({ MILLRACE_SECRET_FILES: '/run/secrets/,/etc/keys' }).secretFiles).toEqual(['/run/secrets', '/etc/keys']);
    expect(loadSettings({})).toMatchObject({ oldSecretKeys: [], restoreWindowMs: 30 * 86_400_000 });
  });

  test.each([
    [undefined, 300_000],
    ['90s', 90_000],
    ['1d', 86_400_000],
  ])('MILLRACE_RECONCILE_EVERY=%s is %i ms', (text, reconcileEveryMs) => {
    expect(loadSettings({ MILLRACE_RECONCILE_EVERY: text })).toMatchObject({ reconcileEveryMs });
  });

  test('what people watch has settings of its own', () => {
    expect(loadSettings({})).toMatchObject({ lateAfterMs: 300_000, logKeepMs: 30 * 86_400_000 });
    expect(loadSettings({})).not.toHaveProperty('metricsToken');
    const given = { MILLRACE_LATE_AFTER: '1h', MILLRACE_LOG_KEEP: '7d', MILLRACE_METRICS_TOKEN: 'sixteen-letters-' };
    expect(loadSettings(given)).toMatchObject({
      lateAfterMs: 3_600_000,
      logKeepMs: 7 * 86_400_000,
      metricsToken: 'sixteen-letters-',
    });
  });

  test.each([
    ['MILLRACE_LATE_AFTER', '0s'],
    ['MILLRACE_LOG_KEEP', '1s'],
    ['MILLRACE_METRICS_TOKEN', 'short'],
    ['MILLRACE_METRICS_TOKEN', 'with spaces in between'],
  ])('%s=%s is refused', (path, text) => {
    const { code, message } = refusal({ [path]: text });
    expect([code, message]).toEqual(['setup.invalid', expect.stringContaining(path)]);
    expect(message).not.toContain(text);
  });

  test.each(['0s', '5', '2d', 'often'])('MILLRACE_RECONCILE_EVERY=%s is refused', (text) => {
    expect(refusal({ MILLRACE_RECONCILE_EVERY: text })).toMatchObject({
      code: 'setup.invalid',
      message: expect.stringContaining('from 1s to 1d'),
    });
  });

  test('links to the Temporal UI get no double slash', () => {
    expect(loadSettings({ MILLRACE_TEMPORAL_UI_URL: 'https://t.example/ui/' }).temporalUiUrl).toBe('https://t.example/ui');
  });
});

describe('refusals name the variable and never show its value', () => {
  test.each([
    ['MILLRACE_API_PORT', '70700'],
    ['MILLRACE_API_PORT', 'http'],
    ['MILLRACE_PG_PORT', '-1'],
    ['MILLRACE_TEMPORAL_PORT', '1.5'],
    ['DATABASE_URL', 'mysql://u:hunter2@h/db'],
    ['DATABASE_URL', 'hunter2'],
    ['TEMPORAL_ADDRESS', 'https://hunter2.example'],
    ['TEMPORAL_ADDRESS', 'hunter2'],
    ['MILLRACE_STAGE_URL', '/hunter2'],
    ['MILLRACE_SECRET_KEY', 'hunter2'],
    ['MILLRACE_SECRET_KEY_OLD', 'hunter2'],
    ['MILLRACE_SECRET_ENV', 'SECRET_*_hunter2'],
    ['MILLRACE_SECRET_ENV', 'A hunter2'],
    ['MILLRACE_SECRET_FILES', 'hunter2'],
    ['MILLRACE_RESTORE_WINDOW', '0s'],
    ['MILLRACE_LOG_LEVEL', 'hunter2'],
  ])('%s=%s', (name, value) => {
    const { code, message, suggestion } = refusal({ [name]: value });
    expect(code).toBe('setup.invalid');
    expect(message).toContain(name);
    expect(suggestion).toContain(name);
    expect(message).not.toContain('hunter2');
  });

  test('every bad variable is named at once', () => {
    const { message } = refusal({ MILLRACE_PG_PORT: 'x', MILLRACE_STAGE_URL: 'y' });
    expect(message).toContain('MILLRACE_PG_PORT');
    expect(message).toContain('MILLRACE_STAGE_URL');
  });
});

describe('what the API keeps and allows', () => {
  test('has defaults that are far away', () => {
    expect(loadSettings({})).toMatchObject({ auditKeepMs: 90 * 86_400_000, rateLimit: { requests: 100_000, perMs: 60_000 } });
  });

  test('a rate is so many in so much time, or off', () => {
    expect(loadSettings({ MILLRACE_RATE_LIMIT: '5/2s' }).rateLimit).toEqual({ requests: 5, perMs: 2_000 });
    expect(loadSettings({ MILLRACE_RATE_LIMIT: 'off' })).not.toHaveProperty('rateLimit');
  });

  test.each([
    ['MILLRACE_RATE_LIMIT', '0/1m'],
    ['MILLRACE_RATE_LIMIT', '5'],
    ['MILLRACE_RATE_LIMIT', '5/0s'],
    ['MILLRACE_RATE_LIMIT', '5/25h'],
    ['MILLRACE_AUDIT_KEEP', '5m'],
    ['MILLRACE_AUDIT_KEEP', 'forever'],
  ])('%s=%s is refused', (name, value) => {
    expect(refusal({ [name]: value })).toMatchObject({ code: 'setup.invalid', message: expect.stringContaining(name) });
  });
});
