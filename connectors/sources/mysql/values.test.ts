import { describe, expect, test } from 'vitest';
import type { Field, LogicalType } from '../../../schema/types.js';
import { connectionOptions, config, discoveredDatabases } from './config.js';
import type { Column } from './discover.js';
import { mysqlError } from './errors.js';
import { BadValue, isOrdered, valueSql } from './values.js';

const field = (type: LogicalType): Field => ({ name: 'c', type, nullable: true });
const column = (dataType: string, more: Partial<Column> = {}): Column => ({
  ...{ dataType, columnType: dataType, charset: null, collation: null, isJson: false },
  ...more,
});
const LATIN1 = column('varchar', { charset: 'latin1', collation: 'latin1_swedish_ci' });

describe('values as SQL', () => {
  test.each<[LogicalType, string, string]>([
    ['int64', '-12', '-12'],
    ['uint64', '18446744073709551615', '18446744073709551615'],
    ['numeric', '1.10', '1.10'],
    ['float64', '1.5', '1.5e0'],
    ['float64', '1e-300', '1e-300'],
    ['boolean', 'true', '1'],
    ['date', '2024-00-10', `'2024-00-10'`],
    ['timestamp', '2024-01-01T10:00:00.123456', `'2024-01-01 10:00:00.123456'`],
    ['timestamptz', '2024-01-01 10:00:00+00', `'2024-01-01 10:00:00'`],
    ['timestamptz', '2024-01-01 10:00:00-05:30', `convert_tz('2024-01-01 10:00:00', '-05:30', '+00:00')`],
    ['timestamptz', '2024-01-01 10:00:00+02', `convert_tz('2024-01-01 10:00:00', '+02:00', '+00:00')`],
    ['bytes', '00FF', `X'00FF'`],
    ['uuid', `a'b`, `'a''b'`],
  ])('%s %s', (type, value, sql) => {
    expect(valueSql(field(type), column(''), value)).toBe(sql);
  });

  test('text is in the character set and collation of its column', () => {
    expect(valueSql(field('string'), LATIN1, `é'`)).toBe(`(convert(_utf8mb4 X'c3a927' using latin1) collate latin1_swedish_ci)`);
  });

  test.each<[LogicalType, string]>([
    ['int32', '1 or true'],
    ['int32', ''],
    ['uint64', '1.5'],
    ['numeric', '1e5'],
    ['float64', 'nan'],
    ['boolean', '2'],
    ['date', '2024-13-01'],
    ['date', `2024-01-01' or true`],
    ['timestamp', '2024-01-01 10:00:00+02'],
    ['timestamptz', '2024-01-01 25:00'],
    ['timestamp', '2024-01-01 10:00:00.1234567'],
    ['bytes', '0'],
  ])('%s %s is none', (type, value) => {
    expect(() => valueSql(field(type), column(''), value)).toThrow(BadValue);
  });

  test.each([
    ['int', 'int32', column('int'), true],
    ['latin1', 'string', LATIN1, true],
    ['sjis', 'string', column('varchar', { charset: 'sjis', collation: 'sjis_japanese_ci' }), false],
    ['an enum', 'string', column('enum', { charset: 'utf8mb4', collation: 'utf8mb4_bin' }), false],
    ['time', 'opaque', column('time'), true],
    ['geometry', 'opaque', column('geometry'), false],
  ] as const)('whether tables are read in the order of %s', (_, type, of, ordered) => {
    expect(isOrdered(field(type), of)).toBe(ordered);
  });
});

describe('the configuration', () => {
  test('the URL gives the parts, fields win', () => {
    const settings = config.parse({ url: 'mysql://us%40er:p%3Aw@[::1]:3307/my%20shop?ssl-mode=required', user: 'other' });
    expect(connectionOptions(settings)).toEqual({
      ...{ host: '::1', port: 3307, user: 'other', password: 'p:w', database: 'my shop', ssl: 'require' },
    });
    expect(discoveredDatabases(settings)).toEqual(['my shop']);
    expect(discoveredDatabases({ ...settings, databases: ['a', 'b'] })).toEqual(['a', 'b']);
    expect(discoveredDatabases(config.parse({ host: 'h' }))).toBeUndefined();
  });

  test.each([{ url: 'postgresql://h/d' }, { url: 'mysql://u:hunter2@h:port/d' }, {}, { host: 'h', port: 0 }])(
    '%j is refused, without its secret',
    (settings) => {
      const { error } = config.safeParse(settings);
      expect(error?.message).not.toContain('hunter2');
      expect(error).toBeDefined();
    },
  );
});

test.each([
  [{ errno: 1045 }, 'connector.auth_failed'],
  [{ errno: 1142 }, 'connector.permission_denied'],
  [{ errno: 1146 }, 'source.stream_missing'],
  [{ errno: 1213 }, 'connector.transient'],
  [{ code: 'ECONNREFUSED' }, 'connector.unreachable'],
  [{ code: 'PROTOCOL_CONNECTION_LOST' }, 'connector.transient'],
  [{ code: 'ENOSPC' }, 'stage.full'],
  [{ sqlState: '08S01' }, 'connector.transient'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'connector.invalid_config'],
  [{ errno: 9999 }, 'engine.internal'],
])('what %j means', (facts, code) => {
  expect(mysqlError(Object.assign(new Error('it failed'), facts), 'Cannot read').code).toBe(code);
});
