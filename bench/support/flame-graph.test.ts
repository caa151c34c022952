import { expect, test } from 'vitest';
import { Profile } from './flame-graph.js';

const STACKS = `node 1234
\t    7f01 sha256_block_data_order_shaext (/usr/bin/node)
\t    7f02 JS:*update file:///home/x/dist/hash.js:7:1+0x12 (/usr/bin/node)

node 1234
\t    7f03 v8::internal::ConcurrentMarking::RunMajor(bool, int) (/usr/bin/node)

postgres 99
\t    5501 heap_multi_insert+0x4 (/usr/lib/postgres)
\t    5502 CopyFrom (/usr/lib/postgres)

swapper 0
\t    ffff idle ([kernel.kallsyms])

node 1234
\t    7f04 a<b> (inlined)`;

function profiled(): Profile {
  const profile = new Profile();
  for (const line of STACKS.split('\n')) profile.line(line);
  profile.end();
  return profile;
}

test('shares are of all samples but the idle ones', () => {
  expect(Object.fromEntries(profiled().shares())).toEqual({
    'SHA-256': 0.25,
    'garbage collection': 0.25,
    'Postgres: COPY in': 0.25,
    'node: rest': 0.25,
  });
});

test('a frame is as wide as its share, callers above callees, names escaped', () => {
  const svg = profiled().svg();
  expect(svg).toContain('<title>node 75.0 %</title><rect x="0.0" y="15" width="1200.0"');
  expect(svg).toContain('<title>sha256_block_data_order_shaext 25.0 %</title><rect x="0.0" y="45" width="400.0"');
  expect(svg).toContain('a&lt;b&gt; 25.0 %');
  expect(svg).toContain('<title>JS:*update hash.js:7:1 25.0 %');
  expect(svg).not.toContain('idle');
});
