import { expect, test } from 'vitest';
import { requireFigures } from './report.js';
import type { BenchStack } from './stack.js';
import { type Contender, measuresOfTurns, takeTurns } from './turns.js';

const STACK = { pid: process.pid } as BenchStack;

function contenders(order: string[]): Contender[] {
  const of = (name: string, by: Contender['by'], ms: number): Contender => ({
    ...{ name, by },
    run: async (round) => (order.push(`${name} ${round}`), { ms: ms * (round + 1) }),
  });
  return [of('own', 'millrace', 20), of('peer', 'hand', 10)];
}

test('every other round goes the other way', async () => {
  const order: string[] = [];
  await takeTurns(STACK, contenders(order), { rounds: 2, beforeTurn: async () => order.push('settle') });
  expect(order).toEqual(['settle', 'own 0', 'settle', 'peer 0', 'settle', 'peer 1', 'settle', 'own 1']);
});

test('turns become times, ratios within a round, CPU by who used it, and memory', async () => {
  const measures = measuresOfTurns(await takeTurns(STACK, contenders([]), { rounds: 2 }), 100);
  const valuesOf = (name: string, unit: string) =>
    measures.find((measure) => measure.name === name && measure.unit === unit)?.values;
  expect(valuesOf('own', 'ms')).toEqual([20, 40]);
  expect(valuesOf('peer', 'rows/s')).toEqual([10_000, 5_000]);
  expect(valuesOf('speed of own against peer', '×')).toEqual([0.5, 0.5]);
  expect(valuesOf('own: CPU of Temporal', 's')).toHaveLength(2);
  expect(valuesOf('peer: CPU of Temporal', 's')).toBeUndefined();
  expect(valuesOf('peer: peak memory', 'MB')).toHaveLength(2);
  requireFigures({ suite: 'any', facts: {}, measures });
});

test('a report without a figure is refused', () => {
  const empty = { name: 'first sync', unit: 'ms', values: [] } as const;
  expect(() => requireFigures({ suite: 'small', facts: {}, measures: [empty] })).toThrow('small has no figure of first sync');
  expect(() => requireFigures({ suite: 'small', facts: {}, measures: [{ ...empty, values: [NaN] }] })).toThrow('no figure');
  expect(() => requireFigures({ suite: 'small', facts: {}, measures: [] })).toThrow('measured nothing');
});
