import { z } from 'zod';
import type { Labels } from '../../platform/db/rows.js';
import { labelsSchema, resourceNameSchema } from '../../schema/resource.js';
import { archivedFields, deletedField } from '../archive/archive.js';
import { labelFilterField } from '../lists/labels.js';
import { listFields, querySchema, searchField } from '../lists/list-query.js';

const configSchema = z
  .record(z.string(), z.unknown())
  .describe(
    'As the connector\'s schema says: GET /v1/connectors/{id}. Secrets are write-only, or {"ref": "env:NAME"} and are looked up by the worker.',
  );

export const createSystemSchema = z.strictObject({
  name: resourceNameSchema,
  connector: z
    .string()
    .min(1)
    .describe('Id of the connector.')
    .meta({ examples: ['postgres'] }),
  config: configSchema,
  labels: labelsSchema.default({}),
});

export const patchSystemSchema = z.strictObject({
  name: resourceNameSchema.optional(),
  config: configSchema
    .optional()
    .describe('Replaces the configuration. A secret that is left out, or sent as {"set": true}, stays; null removes it.'),
  labels: labelsSchema.optional().describe('Replaces all labels.'),
});

export const systemSchema = z
  .object({
    id: z.string(),
    workspaceId: z.string(),
    name: z.string(),
    connector: z.string(),
    config: z.record(z.string(), z.unknown()).describe('Secrets are shown as {"set": true}, references as they are.'),
    labels: labelsSchema,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    ...archivedFields,
  })
  .meta({ id: 'System', title: 'Source or destination' });

export const systemListSchema = querySchema({
  ...listFields({ fields: Object.keys(systemSchema.shape), sorts: ['name', 'updatedAt'] }),
  search: searchField,
  label: labelFilterField,
  connector: z.string().min(1).optional().describe('Only of this connector.'),
  deleted: deletedField,
});

export type SystemList = z.output<typeof systemListSchema>;
export type CreateSystem = z.output<typeof createSystemSchema>;
export type SystemView = z.infer<typeof systemSchema>;

/** A change of some fields; `connector` comes only with a full replacement, and may not differ. */
export interface SystemChange {
  readonly name?: string | undefined;
  readonly connector?: string | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  readonly labels?: Labels | undefined;
}
