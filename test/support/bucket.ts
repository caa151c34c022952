import { vi } from 'vitest';
import type { S3Access } from '../../platform/objects/store.js';
import { startS3 } from './s3-server.js';

/** What a process needs in its environment to work with an S3 server. */
export const awsEnvironment = ({ endpoint = '', accessKeyId = '', secretAccessKey = '' }: S3Access): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_ENDPOINT_URL_S3: endpoint,
});

export interface StageBucket extends AsyncDisposable {
  /** `s3://…` */
  readonly url: string;
  /** Where the objects below the stage are files. */
  readonly folder: string;
  readonly access: S3Access & { readonly endpoint: string };
  readonly env: Record<string, string>;
}

/** An S3 server of its own with a bucket for a stage; this process finds it through its environment. */
export async function stageBucket(): Promise<StageBucket> {
  const server = await startS3();
  const folder = await server.bucket('stage');
  const env = awsEnvironment(server.access);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return {
    url: 's3://stage/a prefix',
    folder: `${folder}/a prefix`,
    access: server.access,
    env,
    [Symbol.asyncDispose]: async () => {
      vi.unstubAllEnvs();
      await server[Symbol.asyncDispose]();
    },
  };
}
