import { z } from 'zod';

const keyId = z.string().describe('Tells keys apart, and gives nothing of them away.');

export const secretStatusSchema = z
  .object({
    currentKey: keyId,
    keys: z
      .array(
        z.object({
          key: keyId,
          values: z.int().describe('How many stored values are sealed with it.'),
          available: z.boolean().describe('Whether this process can open them.'),
        }),
      )
      .describe('Those that it has, and those that something is sealed with.'),
  })
  .meta({ id: 'SecretStatus' });

export const rotationSchema = z
  .object({
    currentKey: keyId,
    rotated: z.int().describe('Values that were sealed anew.'),
    remaining: z.int().describe('Values that another key had sealed, and still has: ask again, or see unreadable.'),
    unreadable: z
      .array(z.object({ id: z.string(), message: z.string() }))
      .describe('What cannot be opened with any key there is, at most a hundred.'),
  })
  .meta({ id: 'SecretRotation' });

export type SecretStatus = z.infer<typeof secretStatusSchema>;
export type SecretRotation = z.infer<typeof rotationSchema>;
