import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Client, Upload } from '../../client/index.js';
import { invalid } from '../input.js';
import { type SystemKind, findSystem } from '../names/resolve.js';
import { say } from '../output/report.js';
import type { End, NewEnd, UploadEnd } from './end.js';

/** A system to read from or to write to. */
export interface UsedSystem {
  readonly id: string;
  /** The one stream that it has, where that is known. */
  readonly stream?: string;
}

/** Takes away something that was made for a move. */
export type Undo = () => Promise<unknown>;

export interface Made {
  /** Files that were handed over: nobody needs them after the run. */
  readonly files: Undo[];
  /** Source, destination and connection, oldest first. */
  readonly resources: Undo[];
}

/** What all that is made carries, so that people see what it is. */
export const LABELS = { 'millrace/one-shot': 'true' } as const;

/** The system that an end names, or one that is made for it. */
export async function systemFor(api: Client, kind: SystemKind, end: End, made: Made): Promise<UsedSystem> {
  if (end.kind === 'named') return { id: (await findSystem(api, kind, end.name)).id };
  if (kind === 'destination' && end.kind === 'upload')
    throw invalid('to', 'A file cannot be a destination yet.', 'Name a destination, or a postgresql:// URL.');
  const { connector, config, stream } = await configured(api, end, made);
  const [create, remove] =
    kind === 'source' ? [api.createSource, api.deleteSource] : [api.createDestination, api.deleteDestination];
  const { id } = await create({ body: { name: nameOf(end), connector, config, labels: LABELS } });
  made.resources.push(() => remove({ id, ifMatch: '*', forever: 'true' }));
  return { id, ...(stream !== undefined && { stream }) };
}

/** Puts a local file where the workers are. */
export async function configured(api: Client, end: NewEnd | UploadEnd, made: Pick<Made, 'files'>): Promise<Omit<NewEnd, 'kind'>> {
  if (end.kind === 'new') return end;
  const { id, root } = await upload(api, end);
  made.files.push(() => api.deleteUpload({ id }));
  return { connector: 'files', config: { root, streams: [end.stream] }, stream: end.stream.name };
}

async function upload(api: Client, { path, name }: UploadEnd): Promise<Upload> {
  if (path === undefined && process.stdin.isTTY)
    throw invalid('-', 'Nothing is piped into stdin.', 'cat x.csv | millrace load - …');
  say(`Handing over ${path === undefined ? 'stdin' : basename(path)} …`);
  const input = path === undefined ? process.stdin : createReadStream(path);
  return api.uploadFile({ name, body: Readable.toWeb(input) as ReadableStream<Uint8Array> });
}

const nameOf = (end: NewEnd | UploadEnd): string => (end.kind === 'upload' ? `upload ${end.name}` : `one-shot ${end.connector}`);
