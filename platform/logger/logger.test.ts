import { describe, expect, test } from 'vitest';
import type { LogLevel } from '../config/settings.js';
import { type Logger, createLogger } from './logger.js';

function recording(level: LogLevel = 'debug'): { logger: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const logger = createLogger({ level, pretty: false, write: (line) => written.push(line) });
  return { logger, lines: () => written.map((line) => JSON.parse(line)), text: () => written.join('') };
}

describe('lines', () => {
  test('a line is one JSON object with level, message, facts and time', () => {
    const { logger, lines, text } = recording();
    logger.info('slice loaded', { step: 'load', rows: 3 });
    expect(lines()[0]).toMatchObject({ level: 'info', message: 'slice loaded', step: 'load', rows: 3 });
    expect(Date.parse(String(lines()[0]?.['time']))).not.toBeNaN();
    expect(text().endsWith('\n')).toBe(true);
  });

  test('a child adds its facts, and facts never replace level or message', () => {
    const { logger, lines } = recording();
    logger.child({ run: 'run_1' }).child({ stream: 'orders' }).warn('slow', { level: 'fake', message: 'fake' });
    expect(lines()[0]).toMatchObject({ run: 'run_1', stream: 'orders', level: 'warn', message: 'slow' });
  });

  test('lines below the level are dropped', () => {
    const { logger, lines } = recording('warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines().map((line) => line['message'])).toEqual(['c', 'd']);
  });

  test('values that JSON cannot hold do not break the line', () => {
    const { logger, lines } = recording();
    const cycle: Record<string, unknown> = { name: 'x' };
    cycle['self'] = cycle;
    logger.info('odd', { big: 9_007_199_254_740_993n, cycle, nothing: undefined, bytes: Buffer.from('ab') });
    expect(lines()[0]).toMatchObject({ big: '9007199254740993', bytes: '[2 bytes]' });
  });

  test('on a terminal a line is prose, quoted where needed', () => {
    const written: string[] = [];
    createLogger({ pretty: true, write: (line) => written.push(line) }).info('API ready', { url: 'http://x', note: 'two words' });
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d INFO {2}API ready url=http:\/\/x note="two words"\n$/);
  });
});

describe('I12: secrets never reach a log line', () => {
  const SECRET = 'hunter2-canary';

  test.each([
    { password: SECRET },
    { apiKey: SECRET },
    { api_key: SECRET },
    { clientSecret: SECRET },
    { accessToken: SECRET },
    { 'x-api-key': SECRET },
    { headers: { Authorization: `Basic ${SECRET}` } },
    { nested: [{ deeper: { dbPassword: SECRET } }] },
    { credentials: { user: 'u', value: SECRET } },
    { url: `postgresql://sync:${SECRET}@db.example/shop` },
    { url: `postgresql://sync:p@rt-${SECRET}@db.example/shop` },
    { note: `cannot reach https://${SECRET}@host/x and postgres://a:${SECRET}@h` },
    { url: `https://api.example/items?page=2&api_key=${SECRET}` },
    { header: `Bearer ${SECRET}` },
    { error: new Error(`connect postgres://u:${SECRET}@h failed`, { cause: new Error(`at mysql://u:${SECRET}@h`) }) },
    { error: Object.assign(new Error('refused'), { password: SECRET }) },
  ])('%j', (facts) => {
    const { logger, text } = recording();
    logger.child(facts).error(`failed for postgres://u:${SECRET}@h`, facts);
    expect(text()).not.toContain(SECRET);
  });

  test('what only sounds secret stays readable', () => {
    const { logger, lines } = recording();
    logger.info('x', {
      apiKeyFile: '/home/key',
      tokens: 3,
      url: 'http://127.0.0.1:7070/a@b',
      password: null,
      mail: 'a@b.example',
    });
    expect(lines()[0]).toMatchObject({
      apiKeyFile: '/home/key',
      tokens: 3,
      url: 'http://127.0.0.1:7070/a@b',
      password: null,
      mail: 'a@b.example',
    });
  });
});
