import { z } from 'zod';
import { secret } from '../../sdk/define.js';

export const config = z
  .strictObject({
    root: z
      .string()
      .regex(/^(file:\/\/\/[^?#]*|s3:\/\/[a-z0-9][a-z0-9.-]+(\/[^?#]*)?)$/, 'a URL such as file:///data/lake or s3://bucket/lake')
      .describe('Folder on the machine of the worker, or a bucket and a prefix in it; tables become folders there.')
      .meta({ examples: ['file:///data/lake', 's3://my-bucket/lake'] }),
    schema: z.string().min(1).max(63).default('public').describe('First folder for tables whose stream names no target schema.'),
    compression: z
      .enum(['zstd', 'snappy'])
      .default('zstd')
      .describe('Of the files: zstd makes them smaller, snappy costs less CPU.'),
    endpoint: z
      .string()
      .regex(/^https?:\/\/[^/?#@\s]+(\/[^?#@\s]*)?$/, 'a URL such as https://minio.example.com, without user and password')
      .optional()
      .describe('For s3: a server other than that of AWS.')
      .meta({ examples: ['https://minio.example.com'] }),
    region: z.string().min(1).optional().describe('For s3; AWS_REGION of the worker when absent, else us-east-1.'),
    pathStyle: z
      .boolean()
      .optional()
      .describe('For s3: the bucket stands in the path instead of the host name; true when an endpoint is given.'),
    accessKeyId: secret().optional().describe('For s3; the usual AWS environment of the worker when absent.'),
    secretAccessKey: secret().optional().describe('For s3, with accessKeyId.'),
    sessionToken: secret().optional().describe('For s3, with temporary keys.'),
  })
  .refine(({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined), {
    message: 'accessKeyId and secretAccessKey belong together',
    path: ['secretAccessKey'],
  });

export type ParquetConfig = z.infer<typeof config>;
