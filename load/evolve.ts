import { holds } from '../schema/type-order.js';
import type { LoadColumn } from './plan.js';

export interface Evolution {
  readonly add: readonly LoadColumn[];
  readonly widen: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** Columns whose values would not fit and cannot be made to. */
  readonly conflicts: readonly { readonly name: string; readonly has: string; readonly needs: string }[];
}

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
