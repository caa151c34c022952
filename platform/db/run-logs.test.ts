import { expect, test } from 'vitest';
import { MAX_RUN_LINES, withinBounds } from './run-logs.js';

const line = (level: 'info' | 'warn' | 'error', text: string) => ({
  ...{ workspace_id: 'wsp_a', run_id: 'run_a', at: new Date(0), level, step: 'load' as const, stream: 'orders', text },
});

test('a run keeps its first lines; then one line says that it is full, and only warnings and errors follow', () => {
  const lines = [line('info', 'last'), line('info', 'left out'), line('error', 'kept'), line('info', 'left out')];
  const kept = withinBounds(lines, MAX_RUN_LINES - 1);
  expect(kept.map(({ text }) => text)).toEqual(['last', expect.stringContaining('is full'), 'kept']);
  expect(withinBounds(lines, MAX_RUN_LINES + 1).map(({ text }) => text)).toEqual(['kept']);
  expect(withinBounds(lines, 2 * MAX_RUN_LINES)).toEqual([]);
});
