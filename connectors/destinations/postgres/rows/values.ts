import type { CarefulField } from './careful-fields.js';

/** The text of a field in the row `t`, or NULL where its note `n` says that it is left out; `wrong` are fields that any note names. */
export function valueOf({ index }: CarefulField, wrong: ReadonlySet<number>): string {
  return wrong.has(index) ? `(case when ${index} = any(n.fields) then null else t.c${index} end)` : `t.c${index}`;
}
