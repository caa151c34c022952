import { expect, test } from 'vitest';
import { targetOf } from './target-name.js';

const usual = (stream: string) => ({ schema: 'public', table: stream.replaceAll('.', '_') });

test.each([
  ['the usual place', {}, undefined, { schema: 'public', table: 'a_b' }],
  ['a rule of the connection', {}, { schema: 'raw_{schema}', table: 'crm_{table}' }, { schema: 'raw_a', table: 'crm_b' }],
  ['half a rule', {}, { table: '{schema}__{table}' }, { schema: 'public', table: 'a__b' }],
  ['what the stream says', { target: { table: 't' } }, { schema: 'raw', table: 'x' }, { schema: 'raw', table: 't' }],
])('%s', (_, config, targetNames, expected) => {
  expect(targetOf({ name: 'a.b', ...config }, { targetNames, usual })).toEqual(expected);
});

test('what a name puts into a template is taken as it is, and names stay within what the server keeps', () => {
  expect(targetOf({ name: 'a.{schema}$&' }, { targetNames: { table: '{table}' }, usual }).table).toBe('{schema}$&');
  const long = targetOf({ name: `a.${'b'.repeat(80)}` }, { targetNames: { table: 'x_{table}' }, usual }).table;
  expect(long).toMatch(/^x_b+_[0-9a-f]{8}$/);
  expect(long).toHaveLength(63);
});
