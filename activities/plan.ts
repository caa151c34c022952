/**
 * The plan of a run: what every feed reads and where it goes, fixed when the run begins and kept in the stage.
 * @module
 */
import type { CursorType, Position } from '../checkpoint/position.js';
import { type AnyDestination, type AnySource, findDestination, findSource } from '../connectors/registry.js';
import { cursorType } from '../connectors/sdk/cursor.js';
import type { Quarantine, Track } from '../connectors/sdk/destination.js';
import type { ColumnWindow, ConnectorContext } from '../connectors/sdk/types.js';
import type { ConnectionEnds, ConnectorInstance } from '../platform/db/store.js';
import { MillraceError } from '../platform/errors/error.js';
import { secretTexts } from '../platform/secrets/mask.js';
import { pathText } from '../platform/secrets/reference.js';
import { type StreamConfig, type WriteMode, durationMs } from '../schema/connection-config.js';
import { isReserved, shortHash } from '../schema/naming.js';
import { isKeyed, readsWhole } from '../schema/write-mode.js';
import type { Field, StreamDescription, Target } from '../schema/types.js';
import type { Extracted, RunRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { requireDistances } from './distances.js';
import type { Shell } from './shell.js';

/** What the connection says of a stream and the plan hands on as it is. */
const HANDED_ON = [
  'dedup',
  'nullCursor',
  'filter',
  'holdBack',
  'lag',
  'unprovenBound',
  'deletes',
  'schemaPolicy',
  'rowPolicy',
  'onDependents',
  'verify',
] as const;

export interface FeedPlan extends Pick<StreamConfig, (typeof HANDED_ON)[number]> {
  readonly feed: string;
  readonly stream: StreamDescription;
  readonly fields: readonly Field[];
  readonly mode: WriteMode;
  /** Every run reads all of the stream. */
  readonly whole: boolean;
  readonly primaryKey: readonly string[];
  /** The source itself keeps the key unique, and nothing changes the rows on their way. */
  readonly uniqueKey: boolean;
  readonly cursor?: { readonly field: string; readonly type: CursorType };
  readonly settleMs: number;
  readonly sql?: string;
  readonly target: Target;
  /** Columns have changed since they were accepted: rows that need the change are rejected. */
  readonly quarantine?: Quarantine;
  /** Rows go from the source to the destination in this format, untouched. */
  readonly native?: string;
  /** The run's first slice begins at this cursor value, and reads again what `lag` asks for. */
  readonly lagsFrom?: string;
  /** Only this window of the cursor field is read. */
  readonly window?: ColumnWindow;
  /** Slices that an earlier run had staged: they come before anything is read. */
  readonly staged?: readonly StagedSlice[];
}

/** A slice that waits in the stage; it is loaded where it follows. */
export interface StagedSlice extends Extracted {
  readonly seq: number;
  readonly from: Position;
  /** Set when its rows were rejected before: it is loaded on a track of its own. */
  readonly rejectId?: string;
}

export interface RunPlan {
  readonly format: 'millrace-plan/1';
  readonly connectionVersion: number;
  readonly track: Track;
  /** The run's moment by the destination's clock; RFC 3339, UTC. */
  readonly asOf: string;
  /** False when only staged slices are loaded, and the source is left alone. */
  readonly source: boolean;
  /** Set when the run loads into another destination than the connection's. */
  readonly destinationId?: string;
  readonly feeds: readonly FeedPlan[];
}

/** What a stream goes from and to. */
export interface RouteEnds {
  readonly source: Pick<AnySource, 'nativeFormat' | 'readWindow'>;
  readonly destination: Pick<AnyDestination, 'takesNative' | 'refuses'>;
  /** Where the stream goes when its configuration does not say. */
  readonly target: Target;
}

/** Joins what the user wants with what the source has. @throws MillraceError `source.*` */
export function planFeed(config: StreamConfig, stream: StreamDescription, ends: RouteEnds): FeedPlan {
  const primaryKey = config.primaryKey ?? stream.primaryKey ?? [];
  const whole = readsWhole(config);
  const cursor = whole ? undefined : planCursor(config, stream);
  requireDistances(config, cursor);
  requireFields(
    stream,
    (config.filter ?? []).map(({ field }) => field),
  );
  requireFields(stream, [...primaryKey, ...(cursor && !stream.sourceDefinedCursor ? [cursor.field] : [])]);
  if (isKeyed(config.mode) && primaryKey.length === 0) {
    throw new MillraceError('source.primary_key_missing', {
      detail: `${stream.name} declares no key and streams[].primaryKey is not set.`,
      stream: stream.name,
    });
  }
  const fields = selectFields(config, stream, [...primaryKey, ...(cursor ? [cursor.field] : [])]);
  const uniqueKey = config.sql === undefined && JSON.stringify(primaryKey) === JSON.stringify(stream.primaryKey);
  const native = whole && (uniqueKey || !isKeyed(config.mode)) ? nativeRoute(config, fields, ends) : undefined;
  return {
    feed: config.name,
    stream,
    fields,
    mode: config.mode,
    whole,
    primaryKey,
    uniqueKey,
    ...(cursor ? { cursor } : {}),
    ...handedOn(config),
    settleMs: durationMs(config.settle),
    ...(config.sql === undefined ? {} : { sql: config.sql }),
    target: { schema: config.target?.schema ?? ends.target.schema, table: config.target?.table ?? ends.target.table },
    ...(native === undefined ? {} : { native }),
  };
}

export function handedOn(config: StreamConfig): Pick<StreamConfig, (typeof HANDED_ON)[number]> {
  return Object.fromEntries(HANDED_ON.map((name) => [name, config[name]])) as Pick<StreamConfig, (typeof HANDED_ON)[number]>;
}

/** Only into a shadow of ours, with no SQL in between: nobody has to look at the rows. */
function nativeRoute(config: StreamConfig, fields: readonly Field[], { source, destination }: RouteEnds): string | undefined {
  if (config.sql !== undefined || config.verify === 'hash') return undefined;
  const format = source.nativeFormat?.(fields);
  return format !== undefined && destination.takesNative?.(format, fields) ? format : undefined;
}

function planCursor(config: StreamConfig, stream: StreamDescription): { field: string; type: CursorType } | undefined {
  if (stream.sourceDefinedCursor) return undefined;
  const field = stream.fields.find((candidate) => candidate.name === config.cursorField);
  if (!field) {
    throw new MillraceError('source.field_missing', {
      detail: `${stream.name} has no field '${config.cursorField ?? ''}' to use as cursor.`,
      path: 'cursorField',
      stream: stream.name,
    });
  }
  const type = cursorType(field);
  if (type) return { field: field.name, type };
  throw new MillraceError('source.cursor_unsupported', {
    detail: `${stream.name}.${field.name} is ${field.native?.type ?? field.type}.`,
    path: 'cursorField',
    stream: stream.name,
  });
}

function requireFields(stream: StreamDescription, names: readonly string[]): void {
  const missing = names.find((name) => !stream.fields.some((field) => field.name === name));
  if (missing !== undefined)
    throw new MillraceError('source.field_missing', { detail: `${stream.name} has no field '${missing}'.`, stream: stream.name });
}

/** The fields that a selection leaves, in the source's order. @throws MillraceError `source.field_missing` */
export function selectedFields({ columns }: Pick<StreamConfig, 'columns'>, stream: StreamDescription): readonly Field[] {
  return selectFields({ columns }, stream, []);
}

/** The selected fields in the source's order; key and cursor are always read. */
function selectFields(config: Pick<StreamConfig, 'columns'>, stream: StreamDescription, needed: readonly string[]): Field[] {
  const { columns } = config;
  const readable = stream.fields.filter(({ name }) => !isReserved(name));
  if (!columns) return readable;
  requireFields(stream, 'include' in columns ? columns.include : columns.exclude);
  const wanted = (name: string): boolean =>
    'include' in columns ? columns.include.includes(name) : !columns.exclude.includes(name);
  return readable.filter((field) => wanted(field.name) || needed.includes(field.name));
}

export interface OpenConnector<Connector> {
  readonly connector: Connector;
  readonly context: ConnectorContext<unknown>;
}

/**
 * A connector with its configuration in clear; its secrets are hidden in every message from here on.
 * @throws MillraceError `secret.unresolved`, `connector.invalid_config`
 */
export function openSource(
  shell: Shell,
  dependencies: ActivityDependencies,
  instance: ConnectorInstance,
  session: SessionName,
): Promise<OpenConnector<AnySource>> {
  return open(findSource(instance.connector), shell, dependencies, instance, session);
}

export function openDestination(
  shell: Shell,
  dependencies: ActivityDependencies,
  instance: ConnectorInstance,
  session: SessionName,
): Promise<OpenConnector<AnyDestination>> {
  return open(findDestination(instance.connector), shell, dependencies, instance, session);
}

/** Where a run loads to: the connection's destination, or the one that its plan names. */
export async function destinationOf(
  { store }: ActivityDependencies,
  connection: Pick<ConnectionEnds, 'destination'>,
  { destinationId }: Pick<RunPlan, 'destinationId'>,
): Promise<ConnectorInstance> {
  return destinationId === undefined ? connection.destination : store.loadConnector('destination', destinationId);
}

/** `millrace/<connection>/<epoch>/<feed>/<attempt>`: the destination can tell which of our sessions has lost its place (I9). */
export interface SessionName {
  readonly connectionId: string;
  readonly epoch: number;
  readonly feed: string;
  readonly attempt: number;
}

export const sessionOf = (run: RunRef, feed: string, attempt: number): SessionName => ({
  connectionId: run.connectionId,
  epoch: run.epoch,
  feed,
  attempt,
});

async function open<Connector extends AnySource | AnyDestination>(
  connector: Connector,
  shell: Shell,
  dependencies: ActivityDependencies,
  instance: ConnectorInstance,
  session: SessionName,
): Promise<OpenConnector<Connector>> {
  shell.hide(secretTexts(connector.config, instance.config));
  const use = { owner: instance.name, signal: shell.signal };
  const resolved = await dependencies.secrets.resolveConfig(connector.config, instance.config, use);
  shell.hide(secretTexts(connector.config, resolved));
  const sessionName = `millrace/${session.connectionId}/${session.epoch}/${shortHash(session.feed)}/${session.attempt}`;
  return {
    connector,
    context: { config: parsedConfig(connector, instance, resolved), signal: shell.signal, log: dependencies.log, sessionName },
  };
}

/** What was saved is valid; what a reference leads to may not be. */
function parsedConfig({ config }: AnySource | AnyDestination, { name }: ConnectorInstance, resolved: unknown): unknown {
  const parsed = config.safeParse(resolved);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = pathText((issue?.path ?? []).filter((key) => typeof key !== 'symbol'));
  throw new MillraceError('connector.invalid_config', { detail: `${path} of ${name}: ${issue?.message ?? 'not valid'}`, path });
}

export function requireFeed(plan: RunPlan, feed: string): FeedPlan {
  const found = plan.feeds.find((candidate) => candidate.feed === feed);
  if (found) return found;
  throw new MillraceError('engine.internal', { detail: `The run's plan has no feed ${feed}.` });
}
