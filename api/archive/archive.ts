/**
 * What is deleted is archived first: it is out of the way, and can be restored until its window has passed.
 * @module
 */
import type { Knex } from 'knex';
import { z } from 'zod';
import { MillraceError } from '../../platform/errors/error.js';
import { flagSchema, querySchema } from '../lists/list-query.js';

/** A row that can be archived. */
export interface Archivable {
  readonly id: string;
  readonly deleted_at: Date | null;
}

/** Of lists. */
export const deletedField = flagSchema
  .optional()
  .describe('true: those that were deleted and can be restored, instead of those that are there.');

/** Of DELETE. */
export const deletionSchema = querySchema({
  forever: flagSchema
    .default(false)
    .describe('true: removes it at once, also when it is deleted already. It cannot be restored, and its secrets are gone.'),
});

/** How something is to be deleted. */
export interface Deletion extends z.output<typeof deletionSchema> {
  readonly ifMatch?: string | undefined;
}

/** In views of what was deleted; absent otherwise. */
export const archivedFields = {
  deletedAt: z.iso.datetime().optional().describe('Only of what was deleted.'),
  restorableUntil: z.iso.datetime().optional().describe('Only of what was deleted.'),
};

export interface ArchivedView {
  readonly deletedAt?: string;
  readonly restorableUntil?: string;
}

/** How long what was deleted is kept. */
export class RestoreWindow {
  constructor(private readonly ms: number) {}

  /** What was deleted before is gone for good, whether it was removed already or not. */
  start(now: Date = new Date()): Date {
    return new Date(now.getTime() - this.ms);
  }

  view({ deleted_at: deletedAt }: Archivable): ArchivedView {
    if (!deletedAt) return {};
    return { deletedAt: deletedAt.toISOString(), restorableUntil: new Date(deletedAt.getTime() + this.ms).toISOString() };
  }

  /** Rows that are there, or those that can be restored. */
  where(query: Knex.QueryBuilder, table: string, deleted: boolean | undefined): void {
    const column = `${table}.deleted_at`;
    void (deleted ? query.where(column, '>', this.start()) : query.whereNull(column));
  }

  /** @throws MillraceError `request.not_found` when it was deleted too long ago */
  assertRestorable({ id, deleted_at: deletedAt }: Archivable): void {
    if (!deletedAt || deletedAt > this.start()) return;
    throw new MillraceError('request.not_found', {
      detail: `${id} was deleted on ${deletedAt.toISOString()} and cannot be restored any more.`,
      suggestion: 'Create a new one. MILLRACE_RESTORE_WINDOW says how long what was deleted is kept.',
    });
  }
}
