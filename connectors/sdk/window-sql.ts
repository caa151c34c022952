import type { Position } from '../../checkpoint/position.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { Field } from '../../schema/types.js';
import { cursorType } from './cursor.js';
import type { ColumnWindow } from './types.js';

/** How a database writes what is compared. */
export interface CursorSql {
  /** A name, quoted. */
  ident(name: string): string;
  /** The field as its values are compared. */
  cursorSql(field: Field): string;
  cursorLiteral(field: Field, value: string): string;
}

/** What of a window is left to read behind a position, as a condition. */
export function windowCondition(sql: CursorSql, field: Field, window: ColumnWindow, position: Position): string {
  return `${above(sql, field, window, position)} and ${below(sql, field, window)}`;
}

function above({ ident, cursorSql, cursorLiteral }: CursorSql, field: Field, { from }: ColumnWindow, position: Position): string {
  if (position.kind === 'cursor' && position.cursor.value !== null)
    return `${cursorSql(field)} > ${cursorLiteral(field, position.cursor.value)}`;
  return from === undefined ? `${ident(field.name)} is not null` : `${cursorSql(field)} >= ${cursorLiteral(field, from)}`;
}

function below({ cursorSql, cursorLiteral }: CursorSql, field: Field, { to, below: live }: ColumnWindow): string {
  const bounds = [to, live].filter((bound) => bound !== undefined);
  return bounds.map((bound) => `${cursorSql(field)} < ${cursorLiteral(field, bound)}`).join(' and ') || 'true';
}

/** Where a window is read on. */
export const windowPosition = (field: Field, value: string): Position => ({
  kind: 'cursor',
  cursor: { type: cursorType(field) ?? 'string', field: field.name, value },
});

export function badBound(field: Field, name: string, bound: string, cause: unknown): MillraceError {
  return new MillraceError('backfill.not_possible', {
    detail: `'${bound}' is no ${field.native?.type ?? field.type}, which ${field.name} is.`,
    path: `backfill.${name}`,
    suggestion: 'Give the bounds as the source prints them.',
    cause,
  });
}
