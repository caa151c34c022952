import { expect, test } from 'vitest';
import { askDatabase, isDatabaseAway } from './away.js';

const withCode = (code: string): Error => Object.assign(new Error('…'), { code });

test.each([
  ['the session was ended by an administrator', withCode('57P01')],
  ['the server starts', withCode('57P03')],
  ['nobody listens', withCode('ECONNREFUSED')],
  ['the connection was cut', withCode('ECONNRESET')],
  ['the session ended in the middle', new Error('Connection terminated unexpectedly')],
  ['the same from knex', new Error('select 1 - Connection terminated unexpectedly')],
  ['the pool waited in vain', new Error('Knex: Timeout acquiring a connection. The pool is probably full.')],
])('%s: the database is away', (_, error) => expect(isDatabaseAway(error)).toBe(true));

test.each([
  ['a statement that is wrong', withCode('42601')],
  ['a statement that was cancelled', withCode('57014')],
  ['a fault of ours', new TypeError('x is not a function')],
  ['text that says so', new Error("insert … - value 'Connection terminated' is too long")],
  ['no error at all', 'Connection terminated'],
])('%s: it is not', (_, error) => expect(isDatabaseAway(error)).toBe(false));

test('work that fails for want of the database says so; other failures pass unchanged', async () => {
  const cut = withCode('ECONNRESET');
  await expect(askDatabase(() => Promise.reject(cut))).rejects.toMatchObject({ code: 'engine.no_database', cause: cut });
  const other = new TypeError('x is not a function');
  await expect(askDatabase(() => Promise.reject(other))).rejects.toBe(other);
  expect(await askDatabase(() => Promise.resolve(1))).toBe(1);
});
