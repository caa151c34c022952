import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { quoted } from './quoted.js';

test.each(['shop', 'crm to lake', "it's", '$(date)', 'a;b', '*', 'public.orders', 'a/b', '"x"', 'back\\slash'])(
  'a shell reads %j as one word',
  (name) => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoted(name)}`]).toString()).toBe(name);
  },
);
