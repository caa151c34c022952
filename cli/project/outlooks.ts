import type { Client, ConnectionState } from '../../client/index.js';
import { type StreamVersion, needsSourceKey, outlookOf } from '../../checkpoint/stream-change.js';
import { targetOf } from '../../schema/target-name.js';
import type { Target } from '../../schema/types.js';
import { position } from '../output/text.js';
import type { Existing, ExistingConnection } from './existing.js';
import type { Planned, StreamNews } from './plan.js';
import type { Settings } from './settings.js';

/** Positions are told where they can be had; a plan does not wait for a worker that is not there, and only once finds out. */
const PATIENCE_MS = 5_000;

type StateReader = (id: string) => Promise<ConnectionState | undefined>;

function stateReader(api: Client): StateReader {
  let isAway = false;
  return async (id) => {
    if (isAway) return undefined;
    try {
      return await api.getState({ id }, { signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      isAway = true;
      return undefined;
    }
  };
}

/** Adds to the changes of connections what becomes of each stream, and to the changes of systems whose positions they touch. */
export async function withOutlooks(api: Client, steps: readonly Planned[], existing: Existing): Promise<readonly Planned[]> {
  const around: Around = { api, stateOf: stateReader(api), existing };
  const results: Planned[] = [];
  for (const step of steps) results.push(await withOutlook(step, around));
  return results;
}

interface Around {
  readonly api: Client;
  readonly stateOf: StateReader;
  readonly existing: Existing;
}

async function withOutlook(step: Planned, around: Around): Promise<Planned> {
  const { existing } = around;
  if (step.action !== 'update') return step;
  if (step.system) return withUsers(step, existing);
  const before = existing.connections.find(({ id }) => id === step.id);
  if (!before || !step.connection || !movesStreams(step)) return step;
  const streams = await newsOf(before, step.connection.settings, around);
  return { ...step, streams, destroys: streams.some(({ effect, unread }) => effect === 'is_replaced' && unread !== true) };
}

const movesStreams = ({ changes }: Planned): boolean => changes.some(({ path }) => /^(streams|targetNames)\b/.test(path));

function withUsers(step: Planned, { connections }: Existing): Planned {
  if (!step.changes.some(({ path }) => path.startsWith('config.'))) return step;
  const users = connections.filter(({ sourceId, destinationId }) => sourceId === step.id || destinationId === step.id);
  if (users.length === 0) return step;
  const names = users.map(({ name }) => name).join(', ');
  const elsewhere =
    step.kind === 'source'
      ? 'Where this is another system now, reset them: millrace state reset.'
      : 'Where their targets are elsewhere now, load them anew: millrace sync --refresh.';
  const note = `The streams of ${names} keep their positions. ${elsewhere}`;
  return { ...step, notes: [...step.notes, note] };
}

async function newsOf(
  { id, settings: before }: ExistingConnection,
  after: Settings,
  { api, stateOf }: Around,
): Promise<readonly StreamNews[]> {
  const [was, is] = [versionsOf(before), versionsOf(after)];
  const names = [...new Set([...was.keys(), ...is.keys()])];
  const keyless = needsSourceKey([...was.values(), ...is.values()]);
  const [state, keys] = await Promise.all([stateOf(id), keyless ? sourceKeys(api, id) : undefined]);
  return names.map((stream) => ({
    stream,
    ...outlookOf(was.get(stream), is.get(stream), keys?.get(stream)),
    ...placeOf(state, stream),
  }));
}

function versionsOf({ streams, targetNames }: Settings): ReadonlyMap<string, StreamVersion> {
  const rules = { targetNames, usual };
  return new Map(streams.map((config) => [config.name, { config, target: targetOf(config, rules) }]));
}

/** What the destination usually does is the same before and after. */
const usual = (stream: string): Target => ({ schema: '', table: stream });

function placeOf(state: ConnectionState | undefined, stream: string): Pick<StreamNews, 'position' | 'unread'> {
  const feed = state?.feeds[stream];
  if (!state || (feed && feed.position.kind !== 'start')) return feed ? { position: position(feed.position) } : {};
  return feed && feed.seq > 0 ? {} : { unread: true };
}

/** The keys by which streams were loaded, which are the source's where the connection names none. */
async function sourceKeys(api: Client, id: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { data } = await api.listSchemas({ id });
  const oldestFirst = data.toSorted((a, b) => a.version - b.version);
  return new Map(oldestFirst.map(({ stream, primaryKey }) => [stream, primaryKey]));
}
