import { describe, expect, test } from 'vitest';
import { type Look, type Process, inWords, isReplication, stillWriting, writersOf } from './writers.js';

const process = (id: string, info: string | null, more: Partial<Process> = {}): Process => ({
  ...{ id, user: 'app', command: info === null ? 'Sleep' : 'Query', info, since: '100.5' },
  ...more,
});
const look = (at: number, { processes = [], transactions = [] }: Partial<Look>): Look => ({ at, processes, transactions });

describe('who may be writing', () => {
  test.each([
    'insert into t values (1)',
    'with x as (select 1) update t set a = 1',
    'call p()',
    'replace into t select 1',
    '/* report */ insert into t values (1)',
    '/*!50003 insert into t values (1) */',
    '-- a comment\nupdate t set a = 1',
    'set @a = f()',
    'commit',
    'selection',
  ])('a session that executes %s', (info) => {
    expect(writersOf(look(101, { processes: [process('7', info)] }))).toEqual([{ kind: 'statement', process: '7' }]);
  });

  test.each([
    ['a select', process('7', ' (select 1) union select 2')],
    ['a select behind comments', process('7', '/* a */ /* b */\n-- c\n# d\n SELECT * from t')],
    ['a read of ours', process('7', '/* millrace/con_1/1/t/1 */ start transaction')],
    ['nothing', process('7', null)],
    ['a thread of replication', process('7', 'insert into t values (1)', { user: 'system user', command: 'Slave_worker' })],
    ['a sign-in', process('7', 'x', { user: 'unauthenticated user', command: 'Connect' })],
  ])('not one that executes %s', (_, found) => {
    expect(writersOf(look(101, { processes: [found] }))).toEqual([]);
  });

  test('a statement whose text does not show yet may write', () => {
    expect(writersOf(look(101, { processes: [process('7', null, { command: 'Query' })] }))).toHaveLength(1);
  });

  test('many comments are looked through in no time', () => {
    const info = '/* a */ '.repeat(20_000);
    expect(writersOf(look(101, { processes: [process('7', info)] }))).toHaveLength(1);
  });

  test('a transaction that has changed rows counts as such, whatever its session does', () => {
    const transactions = [{ id: '21', process: '7' }];
    expect(writersOf(look(101, { processes: [process('7', 'insert …')], transactions }))).toEqual([
      { kind: 'transaction', id: '21', process: '7' },
    ]);
  });

  test('replication shows by its commands and its user', () => {
    const replica = [process('1', null, { command: 'Slave_SQL' }), process('2', null, { user: 'system user', command: 'Query' })];
    expect([...replica, process('3', null, { user: 'system user', command: 'Daemon' })].map(isReplication)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('who is still writing', () => {
  const statement = [{ kind: 'statement', process: '7' }] as const;
  const transaction = [{ kind: 'transaction', id: '21', process: '7' }] as const;

  test('a statement that runs on, and not one that began later', () => {
    const now = (since: string) => look(105, { processes: [process('7', 'insert …', { since })] });
    expect(stillWriting(statement, now('100.5'), 101)).toEqual(statement);
    expect(stillWriting(statement, now('101.001'), 101), 'rounded').toEqual(statement);
    expect(stillWriting(statement, now('104.5'), 101)).toEqual([]);
  });

  test('a statement that has ended goes on as the transaction of its session', () => {
    const now = look(105, { processes: [process('7', null)], transactions: [{ id: '21', process: '7' }] });
    expect(stillWriting(statement, now, 101)).toEqual(transaction);
  });

  test('a transaction until it has ended, also when no session holds it any more', () => {
    expect(stillWriting(transaction, look(105, { transactions: [{ id: '21', process: '0' }] }), 101)).toEqual(transaction);
    expect(stillWriting(transaction, look(105, { transactions: [{ id: '22', process: '7' }] }), 101)).toEqual([]);
  });

  test('nobody who has come since', () => {
    const now = look(105, { processes: [process('8', 'insert …')], transactions: [{ id: '30', process: '9' }] });
    expect(stillWriting(statement, now, 101)).toEqual([]);
  });
});

test('they are named by connection and user', () => {
  const writers = ['7', '0', '9', '10'].map((id) => ({ kind: 'transaction', id: `t${id}`, process: id }) as const);
  expect(inWords(writers, look(101, { processes: [process('7', null)] }))).toBe(
    'connection 7 (app), a prepared transaction, connection 9, 1 more',
  );
});
