import { z } from 'zod';
import type { WorkspaceRow } from '../../platform/db/rows.js';
import { listFields, querySchema, searchField } from '../lists/list-query.js';
import { newKeySchema } from '../api-keys/key-schemas.js';
import { resourceNameSchema } from '../../schema/resource.js';

export const writeWorkspaceSchema = z.strictObject({ name: resourceNameSchema });

export const workspaceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Workspace' });

export const newWorkspaceSchema = workspaceSchema
  .extend({ apiKey: newKeySchema.describe('The first admin key of the workspace.') })
  .meta({ id: 'NewWorkspace' });

export const workspaceListSchema = querySchema({
  ...listFields({ fields: Object.keys(workspaceSchema.shape), sorts: ['name'] }),
  search: searchField,
});

export type WorkspaceList = z.output<typeof workspaceListSchema>;
export type WriteWorkspace = z.output<typeof writeWorkspaceSchema>;
export type WorkspaceView = z.infer<typeof workspaceSchema>;
export type NewWorkspaceView = z.infer<typeof newWorkspaceSchema>;

export function workspaceView(row: WorkspaceRow): WorkspaceView {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
