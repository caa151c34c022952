import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../platform/process/port.js';
import type { S3Access } from '../../platform/objects/store.js';
import { s3Binary } from './s3-binary.js';
import { tempHome } from './temp-home.js';
import { waitFor } from './wait-for.js';

export { WITHOUT_S3, hasS3Server } from './s3-binary.js';

export const SECRET_KEY = 'canary-s3-secret-key';

export interface S3Server extends AsyncDisposable {
  readonly access: S3Access & { readonly endpoint: string };
  /** Makes a bucket. @returns the folder in which its objects are files */
  bucket(name: string): Promise<string>;
}

/** A server of its own on a free port, over a folder that is removed. */
export async function startS3(): Promise<S3Server> {
  const [binary, home, port] = [await s3Binary(), await tempHome('s3'), await freePort()];
  const data = join(home.path, 'data');
  await mkdir(data);
  const env = { PATH: process.env['PATH'] ?? '', ROOT_ACCESS_KEY: 'tests', ROOT_SECRET_KEY: SECRET_KEY };
  const server = spawn(binary, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', data], { env, stdio: 'ignore' });
  try {
    await waitFor(() => answers(server, port), { what: 'the S3 server listens', everyMs: 10 });
  } catch (error) {
    await stop(server);
    throw error;
  }
  const bucket = async (name: string): Promise<string> => {
    const folder = join(data, name);
    await mkdir(folder, { recursive: true });
    return folder;
  };
  return {
    access: { endpoint: `http://127.0.0.1:${port}`, accessKeyId: 'tests', secretAccessKey: SECRET_KEY },
    bucket,
    [Symbol.asyncDispose]: async () => {
      await stop(server);
      await home[Symbol.asyncDispose]();
    },
  };
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill();
  await once(server, 'exit');
}

async function answers(server: ChildProcess, port: number): Promise<boolean> {
  if (server.exitCode !== null) throw new Error(`the S3 server has ended with ${server.exitCode}`);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect').finally(() => socket.destroy());
  return true;
}
