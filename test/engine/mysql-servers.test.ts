import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import mysql from '../../connectors/sources/mysql/index.js';
import { wallClock } from '../../connectors/sources/mysql/wall-clock.js';
import type { ReadEvent } from '../../connectors/sdk/types.js';
import { failureOf } from '../support/failure-of.js';
import { type Mariadb, hasMariadb, startMariadb } from '../support/mariadb.js';
import { tempHome } from '../support/temp-home.js';

/** Servers that are set up otherwise: with TLS, read only, one of several, in zones whose clock is set back. */

const contextOf = (config: object) => ({
  config: mysql.config.parse(config),
  ...{ signal: new AbortController().signal, sessionName: 'millrace/con_1/1/t/1' },
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
});

async function readAll(server: Mariadb, config: object, more: object = {}): Promise<ReadEvent[]> {
  await using home = await tempHome('mysql-servers');
  const context = contextOf(config);
  const { streams } = await mysql.discover(context, ['shop.t']);
  const stream = streams[0] ?? expect.fail(`no stream on ${server.port}`);
  const request = {
    stream,
    fields: stream.fields,
    sync: 'full',
    primaryKey: ['id'],
    nullCursor: 'include',
    rereadNullCursor: false,
    settleMs: 0,
  } as const;
  const limits = { position: { kind: 'start' }, sliceRows: 1_000_000, sliceBytes: 10_000_000, tempDir: home.path } as const;
  const events: ReadEvent[] = [];
  for await (const event of mysql.read(context, { ...request, ...limits, ...more })) events.push(event);
  return events;
}

const fill = (server: Mariadb) =>
  server.query(
    `create database shop; create table shop.t (id int primary key, v text); insert into shop.t select seq, repeat(char(32 + seq % 90), 100) from seq_1_to_20000`,
  );

describe.skipIf(!hasMariadb)('servers of MySQL', () => {
  test('rows come through TLS, and a certificate that nobody vouches for is refused where it is checked', async () => {
    await using home = await tempHome('mysql-tls');
    const [key, cert] = [join(home.path, 'key.pem'), join(home.path, 'cert.pem')];
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ]);
    await using server = await startMariadb({ args: [`--ssl-key=${key}`, `--ssl-cert=${cert}`] });
    await fill(server);
    await server.query(
      `create user secure@'127.0.0.1' identified by 'p' require ssl; grant select on shop.* to secure@'127.0.0.1'`,
    );
    const url = `mysql://secure:p@127.0.0.1:${server.port}/shop`;
    expect(await failureOf(mysql.check(contextOf({ url })))).toMatchObject({ code: 'connector.auth_failed' });
    expect(await failureOf(mysql.check(contextOf({ url, ssl: 'verify-full' })))).toMatchObject({
      code: 'connector.invalid_config',
    });
    const [file] = await readAll(server, { url, ssl: 'require' });
    expect(file).toMatchObject({ kind: 'file', rows: 20_000 });
  });

  test.each([
    ['a read-only server', ['--read-only=1'], /replica or read only/],
    ['one of several servers that are written to', ['--auto-increment-increment=2'], /one of several/],
  ])('I4: %s cannot prove the bound', async (_, args, why) => {
    await using server = await startMariadb({ args });
    await fill(server);
    const config = { url: server.url('shop') };
    const [event] = await readAll(server, config, { sync: 'incremental', cursorField: 'id' });
    expect(event).toEqual({ kind: 'unproven', reason: expect.stringMatching(why) });
  });

  test('the wall clock is the least that it will show: before it is set back, the hour that comes twice waits', async () => {
    await using server = await startMariadb({ timeZone: 'Europe/Berlin' });
    const at = async (utc: string) => {
      await server.query(`set time_zone = '+00:00'; set timestamp = unix_timestamp('${utc}')`);
      const [row] = await server.query(`select date_format(${wallClock()}, '%Y-%m-%d %H:%i:%s') as clock`);
      return row?.['clock'];
    };
    expect(await at('2026-10-24 22:00:00'), 'well before').toBe('2026-10-25 00:00:00');
    expect(await at('2026-10-25 00:30:00'), 'the first time that it is half past two').toBe('2026-10-25 02:00:00');
    expect(await at('2026-10-25 01:30:00'), 'the second time').toBe('2026-10-25 02:30:00');
    expect(await at('2026-03-29 00:59:00'), 'before it is put forward').toBe('2026-03-29 01:59:00');
    await server.query('set time_zone = default');
    expect(await at('2026-07-01 12:00:00'), 'in summer').toBe('2026-07-01 14:00:00');
  });
});
