import { z } from 'zod';
import type { ApiKeyRow } from '../../platform/db/rows.js';
import { durationMs } from '../../schema/connection-config.js';
import { KEY_SCOPES } from '../auth/scope.js';
import { flagSchema, listFields, querySchema, searchField } from '../lists/list-query.js';
import { resourceNameSchema } from '../../schema/resource.js';

export const createKeySchema = z.strictObject({
  name: resourceNameSchema,
  scope: z
    .enum(KEY_SCOPES)
    .describe('read sees; operate also runs, pauses and cancels; admin also changes configuration and keys.'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .refine((text) => Date.parse(text) > Date.now(), 'must be in the future')
    .nullable()
    .default(null)
    .describe('Never when null.'),
});

const LONGEST_OVERLAP_MS = 90 * 86_400_000;

/** The body may be missing altogether. */
export const rotateKeySchema = z.preprocess(
  (value) => value ?? {},
  z.strictObject({
    overlap: z
      .string()
      .regex(/^\d{1,6}(s|m|h|d)$/, 'a duration such as 24h')
      .default('24h')
      .transform(durationMs)
      .refine((ms) => ms <= LONGEST_OVERLAP_MS, 'at most 90d')
      .describe('How long the old key still works: 0s to 90d.'),
    expiresAt: createKeySchema.shape.expiresAt
      .unwrap()
      .optional()
      .describe('Of the new key; never when null. When absent, it lives as long as the old one was to.'),
  }),
);

export interface RotateKey {
  readonly overlap: number;
  readonly expiresAt?: string | null | undefined;
}

const keyFields = {
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('Start of the key, to recognise it by.'),
  scope: z.enum(KEY_SCOPES),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable().describe('To the minute.'),
  revokedAt: z.iso.datetime().nullable(),
  rotatedFrom: z.string().nullable().describe('Id of the key that this one replaces.'),
};

export const keySchema = z.object(keyFields).meta({ id: 'ApiKey' });
export const newKeySchema = z
  .object({ ...keyFields, key: z.string().describe('The key itself. It is shown this once and stored nowhere.') })
  .meta({ id: 'NewApiKey' });

export const keyListSchema = querySchema({
  ...listFields({ fields: Object.keys(keyFields), sorts: ['name', 'expiresAt', 'lastUsedAt'] }),
  search: searchField,
  scope: z.enum(KEY_SCOPES).optional().describe('Only keys of exactly this scope.'),
  revoked: flagSchema.optional().describe('Only those that are revoked, or only those that are not.'),
});

export type KeyList = z.output<typeof keyListSchema>;
export type CreateKey = z.output<typeof createKeySchema>;
export type KeyView = z.infer<typeof keySchema>;
export type NewKeyView = z.infer<typeof newKeySchema>;

export function keyView(row: ApiKeyRow): KeyView {
  return {
    id: row.id,
    name: row.name,
    prefix: `mrk_${row.prefix}`,
    scope: row.scope,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    rotatedFrom: row.rotated_from,
  };
}
