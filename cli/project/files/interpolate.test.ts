import { describe, expect, test } from 'vitest';
import { escapeInterpolation, interpolate } from './interpolate.js';

const text = (raw: string, environment: Record<string, string> = {}): string | undefined => interpolate(raw, environment)?.text;

describe('variables in values', () => {
  test('are put in wherever they stand', () => {
    expect(text('postgresql://${USER}@${HOST}/db', { USER: 'sync', HOST: 'db1' })).toBe('postgresql://sync@db1/db');
  });

  test('take the default when they are not set, or empty', () => {
    expect(text('${PORT:-5432}')).toBe('5432');
    expect(text('${PORT:-5432}', { PORT: '' })).toBe('5432');
    expect(text('${PORT:-5432}', { PORT: '1' })).toBe('1');
    expect(text('${PORT:-}')).toBe('');
  });

  test('are named when they are not set and have no default', () => {
    expect(interpolate('${A}${B}${C:-c}', { A: 'a' })?.unset).toEqual(['B']);
  });

  test('$${ stands for the text ${, and $ alone for itself', () => {
    expect(text('$${NAME} costs $5')).toBe('${NAME} costs $5');
    expect(interpolate('costs $5', {})).toBeUndefined();
    expect(text(escapeInterpolation('${NAME}'))).toBe('${NAME}');
  });

  test('a ${ that starts none is told', () => {
    expect(interpolate('${not a name}', {})?.malformed).toBe(true);
    expect(interpolate('$${not a name}', {})?.malformed).toBe(false);
  });

  test('only a text that is nothing but variables without defaults holds no part of a secret', () => {
    const only = (raw: string): boolean | undefined => interpolate(raw, {})?.onlyVariables;
    expect([only('${A}'), only('${A}${B}')]).toEqual([true, true]);
    expect([only('x${A}'), only('${A:-x}'), only('$${A}'), only('${A} ')]).toEqual([false, false, false, false]);
  });
});
