import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { startProcess } from '../support/millrace-process.js';
import { processesNaming } from '../support/temp-home.js';

// a start costs four seconds of one processor, and more when others use it, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const leftHomes = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('millrace-quickstart-'));

test('the quickstart moves real data, moves changes once, compares both sides and leaves nothing behind', async () => {
  const before = leftHomes();
  await using quickstart = startProcess(['quickstart']);
  const exit = await quickstart.exited;
  for (const equal of ['airports: 3,376', 'seattle_weather: 1,461', 'customers: 500', 'orders: 5,100', 'events: 20,250']) {
    expect(quickstart.output()).toContain(`✓ ${equal} rows, equal`);
  }
  expect(quickstart.output()).toMatch(/airports +full_refresh_overwrite +3,376 +3,376/);
  expect(exit).toEqual({ code: EXIT.ok, signal: null });
  expect(leftHomes()).toEqual(before);
  expect(processesNaming(join(tmpdir(), 'millrace-quickstart-'))).toEqual([]);
});
