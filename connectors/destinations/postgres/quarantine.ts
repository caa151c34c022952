import type { SegmentFile, StagedColumn } from '../../sdk/destination.js';

import type { LoadTarget } from './target.js';

/** What nobody has accepted yet of the columns that a slice has. */
export interface Unaccepted {
  /** Columns that came; the segments still have them. */
  readonly added: readonly StagedColumn[];
  readonly segments: readonly SegmentFile[];
  /** Names of columns whose type has changed. */
  readonly retyped: readonly string[];
}

/** The request as if the source had not changed, and what has: rows that need it are rejected (schema policy `quarantine`). */
export function asAccepted<Request extends LoadTarget>(
  request: Request,
): { readonly request: Request; readonly unaccepted?: Unaccepted } {
  const { quarantine, columns, segments } = request;
  if (!quarantine) return { request };
  const isAdded = ({ name }: StagedColumn): boolean => quarantine.added.includes(name);
  const was = new Map(quarantine.retyped.map((field) => [field.name, field]));
  const accepted = (column: StagedColumn): StagedColumn => ({ ...column, ...was.get(column.name) });
  return {
    request: {
      ...request,
      rowPolicy: 'reject_row',
      columns: columns.filter((column) => !isAdded(column)).map(accepted),
      segments: segments.map((segment) => ({ ...segment, columns: segment.columns.filter((column) => !isAdded(column)) })),
    },
    unaccepted: {
      added: columns.filter(isAdded),
      segments,
      retyped: columns.map(({ name }) => name).filter((name) => was.has(name)),
    },
  };
}
