/**
 * One move without a configuration of its own: what it needs is made, run as any connection is, and taken away again,
 * unless it is to be kept under a name.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { type Client, type Connection, type Input, type Run } from '../../client/index.js';
import { errorText, MillraceError } from '../../platform/errors/error.js';
import { asMillraceError } from '../api.js';
import type { ExitCode } from '../exit-codes.js';
import { invalid } from '../input.js';
import { quoted } from '../names/quoted.js';
import { connectionNamed } from '../names/resolve.js';
import type { Output } from '../output/output.js';
import { say } from '../output/report.js';
import { followRun } from '../progress/follow.js';
import type { End } from './end.js';
import { LABELS, type Made, type Undo, configured, systemFor } from './made.js';

type Stream = Input<'createConnection'>['body']['streams'][number];

export interface Move {
  readonly from: End;
  readonly to: End;
  /** The streams, when it is known which the source has; `only` is its one stream. */
  readonly streams: (sourceId: string, only: string | undefined) => Promise<readonly Stream[]>;
  /** Schema of all targets. */
  readonly schema?: string | undefined;
  /** The connection stays, and is used again by the next move of this name. */
  readonly keep?: string | undefined;
  readonly strict: boolean;
}

export async function move(api: Client, out: Output, request: Move): Promise<ExitCode> {
  const made: Made = { files: [], resources: [] };
  let run: Run | undefined;
  try {
    const { id, streams } = (await kept(api, request, made)) ?? (await create(api, request, made));
    run = await api.requestSync({ id, idempotencyKey: randomUUID(), body: { trigger: 'manual' } });
    return await followRun(api, out, run, { cancels: true, strict: request.strict, planned: streams.map(({ name }) => name) });
  } finally {
    if (run && (await goesOn(api, run))) leave(run, request);
    else await takeAway([...made.files, ...(run && request.keep !== undefined ? [] : made.resources)]);
  }
}

async function create(api: Client, { from, to, keep, schema, streams }: Move, made: Made): Promise<Connection> {
  const source = await systemFor(api, 'source', from, made);
  const destination = await systemFor(api, 'destination', to, made);
  const connection = await api.createConnection({
    body: {
      name: keep ?? `one-shot ${new Date().toISOString()}`,
      sourceId: source.id,
      destinationId: destination.id,
      streams: await streams(source.id, source.stream),
      labels: LABELS,
      ...(schema !== undefined && { targetNames: { schema } }),
    },
  });
  made.resources.push(() => api.deleteConnection({ id: connection.id, ifMatch: '*', forever: 'true' }));
  if (keep !== undefined) say(`Kept as connection ${keep}: the next move with --keep ${quoted(keep)} goes on from there.`);
  return connection;
}

/** The connection that an earlier move has kept, with what is to be read now. */
async function kept(api: Client, { from, keep, streams }: Move, made: Made): Promise<Connection | undefined> {
  if (keep === undefined) return undefined;
  const found = await connectionNamed(api, keep);
  if (!found) return undefined;
  if (found.labels[Object.keys(LABELS)[0]!] === undefined) throw notOurs(keep, found);
  if (from.kind === 'named') return found;
  const { config, stream } = await configured(api, from, made);
  await api.changeSource({ id: found.sourceId, ifMatch: '*', body: { config } });
  return api.changeConnection({ id: found.id, ifMatch: '*', body: { streams: await streams(found.sourceId, stream) } });
}

function notOurs(name: string, { id }: Connection): MillraceError {
  return invalid('--keep', `There is a connection ${name} (${id}) that was not made by copy or load.`, 'Choose another name.');
}

/** Whoever pressed Ctrl-C twice leaves the run to itself: it needs what was made for it. */
async function goesOn(api: Client, { id }: Run): Promise<boolean> {
  return api.getRun({ id }).then(
    ({ endedAt }) => endedAt === null,
    () => true,
  );
}

function leave({ id, connectionId }: Run, { keep }: Move): void {
  if (keep === undefined) say(`What was made for it stays. When run ${id} has ended: millrace connections rm ${connectionId}`);
}

/** Newest first; what cannot be taken away is named, and changes nothing of how the move ended. */
async function takeAway(steps: readonly Undo[]): Promise<void> {
  for (const step of steps.toReversed())
    await step().catch((error: unknown) =>
      say(`Something that was made for the move stays: ${errorText(asMillraceError(error))}`),
    );
}
