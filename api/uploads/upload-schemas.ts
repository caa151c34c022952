import { z } from 'zod';

export const uploadQuerySchema = z.strictObject({
  name: z
    .string()
    .regex(/^\w[\w.-]{0,199}$/, 'letters, digits, _, - and ., not beginning with one of the last two')
    .describe('Name of the file; its ending tells a files source how it is compressed.')
    .meta({ examples: ['orders.csv.gz'] }),
});

export type UploadQuery = z.output<typeof uploadQuerySchema>;

export const uploadSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    root: z.string().describe('The folder with this file alone: `root` in the configuration of a files source.'),
    bytes: z.int(),
    sha256: z.string(),
    expiresAt: z.iso.datetime().describe('When it is removed, unless it was deleted before.'),
  })
  .meta({ id: 'Upload' });

export type UploadView = z.output<typeof uploadSchema>;
