import type { LoadColumn } from './plan.js';

export interface Evolution {
  readonly add: readonly LoadColumn[];
  readonly widen: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** Columns whose values would not fit and cannot be made to. */
  readonly conflicts: readonly { readonly name: string; readonly has: string; readonly needs: string }[];
}

/** Widening loses nothing: every value of the left type is a value of the right ones. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'numeric'],
  integer: ['bigint', 'numeric'],
  bigint: ['numeric'],
  real: ['double precision'],
};

/** What a target needs so that rows of `wanted` columns fit: added columns and widened types, never a dropped column (I6). */
export function planEvolution(existing: readonly LoadColumn[], wanted: readonly LoadColumn[]): Evolution {
  const held = new Map(existing.map((column) => [column.name, column.type]));
  const add = wanted.filter((column) => !held.has(column.name));
  const changed = wanted.flatMap((column) => {
    const has = held.get(column.name);
    return has === undefined || holds(has, column.type) ? [] : [{ name: column.name, has, needs: column.type }];
  });
  return {
    add,
    widen: changed.filter(({ has, needs }) => holds(needs, has)).map(({ name, has, needs }) => ({ name, from: has, to: needs })),
    conflicts: changed.filter(({ has, needs }) => !holds(needs, has)),
  };
}

/** Whether a column of type `wide` takes every value of type `narrow`. */
function holds(wide: string, narrow: string): boolean {
  return (
    wide === narrow ||
    wide === 'text' ||
    (WIDER[narrow]?.includes(wide) ?? false) ||
    holdsNumeric(wide, narrow) ||
    holdsText(wide, narrow)
  );
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
