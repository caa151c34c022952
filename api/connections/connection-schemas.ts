import { z } from 'zod';
import {
  connectionSettings,
  runOptionsSchema,
  scheduleSchema,
  streamConfigSchema,
  streamsConfigSchema,
  targetNamesSchema,
} from '../../schema/connection-config.js';
import type { Labels } from '../../platform/db/rows.js';
import { labelsSchema, resourceNameSchema } from '../../schema/resource.js';
import { archivedFields, deletedField } from '../archive/archive.js';
import { labelFilterField } from '../lists/labels.js';
import { flagSchema, listFields, namesSchema, querySchema, searchField } from '../lists/list-query.js';
import { runSummarySchema } from '../runs/run-schemas.js';
import { systemSchema } from '../systems/system-schemas.js';
import { scheduleStatusSchema } from './schedule-status.js';

export const createConnectionSchema = z.strictObject({
  name: resourceNameSchema,
  ...connectionSettings,
  sourceId: z.string().min(1),
  destinationId: z.string().min(1),
  labels: labelsSchema.default({}),
});

export const patchConnectionSchema = z.strictObject({
  name: resourceNameSchema.optional(),
  schedule: scheduleSchema.optional(),
  limits: runOptionsSchema.shape.limits.unwrap().optional(),
  pauseAfterFailures: runOptionsSchema.shape.pauseAfterFailures.unwrap().optional(),
  keepStaged: runOptionsSchema.shape.keepStaged.unwrap().optional(),
  targetNames: targetNamesSchema.optional(),
  labels: labelsSchema.optional().describe('Replaces all labels.'),
  streams: streamsConfigSchema.optional().describe('Replaces the list of streams. Streams that stay keep their position.'),
});

export const connectionSchema = z
  .object({
    id: z.string(),
    workspaceId: z.string(),
    name: z.string(),
    sourceId: z.string(),
    destinationId: z.string(),
    version: z.int().describe('Counts changes of schedule or streams; every run pins one.'),
    paused: z.boolean(),
    tripped: z.string().nullable().describe('Why the schedule has paused itself after failed runs; resume lets it go on.'),
    ...runOptionsSchema.shape,
    schedule: scheduleSchema,
    streams: z.array(streamConfigSchema),
    labels: labelsSchema,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    ...archivedFields,
  })
  .meta({ id: 'Connection' });

export const connectionDetailsSchema = connectionSchema
  .extend({
    scheduleStatus: scheduleStatusSchema
      .nullable()
      .describe('What Temporal says now; null for a manual connection, and when Temporal does not answer. Not part of the ETag.'),
  })
  .meta({ id: 'ConnectionDetails' });

const INCLUDES = ['source', 'destination', 'lastRun'] as const;

export const connectionItemSchema = connectionSchema
  .extend({
    source: systemSchema.optional().describe('With include=source.'),
    destination: systemSchema.optional().describe('With include=destination.'),
    lastRun: runSummarySchema.nullable().optional().describe('With include=lastRun; null when it never ran.'),
  })
  .meta({ id: 'ConnectionItem' });

export const connectionListSchema = querySchema({
  ...listFields({ fields: Object.keys(connectionSchema.shape), sorts: ['name', 'updatedAt'] }),
  search: searchField,
  label: labelFilterField,
  sourceId: z.string().min(1).optional().describe('Only from this source.'),
  destinationId: z.string().min(1).optional().describe('Only to this destination.'),
  paused: flagSchema.optional().describe('Only those that are paused, or only those that are not.'),
  deleted: deletedField,
  include: namesSchema(INCLUDES)
    .optional()
    .describe(`What to put into each as well, separated by commas: ${INCLUDES.join(', ')}.`),
});

export type ConnectionItem = z.output<typeof connectionItemSchema>;
export type ConnectionList = z.output<typeof connectionListSchema>;
export type CreateConnection = z.output<typeof createConnectionSchema>;
export type ConnectionView = z.output<typeof connectionSchema>;
export type ConnectionDetails = z.output<typeof connectionDetailsSchema>;

/** `sourceId` and `destinationId` come only with a full replacement, and may not differ. */
export interface ConnectionChange {
  readonly name?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly destinationId?: string | undefined;
  readonly schedule?: CreateConnection['schedule'] | undefined;
  readonly limits?: CreateConnection['limits'] | undefined;
  readonly pauseAfterFailures?: number | undefined;
  readonly keepStaged?: string | undefined;
  readonly targetNames?: CreateConnection['targetNames'] | undefined;
  readonly streams?: CreateConnection['streams'] | undefined;
  readonly labels?: Labels | undefined;
}
