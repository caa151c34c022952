/**
 * Which types take every value of which others, by the names that Postgres prints. Widening loses nothing.
 * @module
 */
import { type Field, type LogicalType, decimalShape } from './types.js';

const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'numeric'],
  integer: ['bigint', 'numeric'],
  bigint: ['numeric'],
  real: ['double precision'],
};

/** Whether a column of type `wide` takes every value of type `narrow`. */
export function holds(wide: string, narrow: string): boolean {
  return (
    wide === narrow ||
    wide === 'text' ||
    (WIDER[narrow]?.includes(wide) ?? false) ||
    holdsNumeric(wide, narrow) ||
    holdsText(wide, narrow)
  );
}

const NAMES: Partial<Record<LogicalType, string>> = {
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  float32: 'real',
  float64: 'double precision',
  string: 'text',
};

/** A field's type by the name that is ordered here: the source's own where it has one. */
export function typeName({ native, type }: Field): string {
  const shape = decimalShape(type);
  return native?.type ?? (shape ? `numeric(${shape.precision},${shape.scale})` : (NAMES[type] ?? type));
}

function holdsNumeric(wide: string, narrow: string): boolean {
  if (!narrow.startsWith('numeric')) return false;
  if (wide === 'numeric') return true;
  const [a, b] = [digits(wide), digits(narrow)];
  return a !== undefined && b !== undefined && a.scale >= b.scale && a.precision - a.scale >= b.precision - b.scale;
}

function digits(type: string): { precision: number; scale: number } | undefined {
  const match = /^numeric\((\d+),(\d+)\)$/.exec(type);
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined;
}

function holdsText(wide: string, narrow: string): boolean {
  const [a, b] = [length(wide), length(narrow)];
  return a !== undefined && b !== undefined && a >= b;
}

function length(type: string): number | undefined {
  const match = /^character varying(?:\((\d+)\))?$/.exec(type);
  return match ? Number(match[1] ?? Infinity) : undefined;
}
