import { expect, test } from 'vitest';
import { configOf } from './system-config.js';

test('fields are set over the whole configuration; numbers, booleans and lists are not text', () => {
  const set = ['port=5433', 'ssl.mode=require', 'readOnly=true', 'user=007x', 'streams=[{"name":"a"}]', 'query=a=b'];
  expect(configOf({ config: '{"host":"db","ssl":{"ca":"x"}}', set }, {})).toEqual({
    host: 'db',
    port: 5433,
    ssl: { ca: 'x', mode: 'require' },
    readOnly: true,
    user: '007x',
    streams: [{ name: 'a' }],
    query: 'a=b',
  });
});

test('a secret from a variable is text, whatever it looks like', () => {
  expect(configOf({ setEnv: ['password=PASSWORD'] }, { PASSWORD: '12345' })).toEqual({ password: '12345' });
});

test('a reference stays one: the worker follows it', () => {
  expect(configOf({ setRef: ['auth.password=env:SECRET_CRM'] }, { SECRET_CRM: 'planted' })).toEqual({
    auth: { password: { ref: 'env:SECRET_CRM' } },
  });
});

test.each([
  [{ setEnv: ['password=GONE'] }, 'The variable GONE is not set.'],
  [{ set: ['password'] }, 'key=value is needed.'],
  [{ config: '[1]' }, 'A JSON object is needed.'],
])('%j is refused', (options, message) => expect(() => configOf(options, {})).toThrow(message));

test('what is not JSON is refused without a word of it: it may hold a secret', () => {
  expect(() => configOf({ config: '{"password": hunter2}' }, {})).toThrow(/^It is not JSON\.$/);
});

test('a field named like a part of every object is only a field', () => {
  const config = configOf({ set: ['__proto__.polluted=1'] }, {});
  expect(Object.keys(config)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
