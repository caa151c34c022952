import type { SchemaVersion } from '../platform/db/stream-schemas.js';
import { MillraceError, errorText } from '../platform/errors/error.js';
import { type SchemaChange, type StreamSchema, changeText, diffSchemas } from '../schema/schema-diff.js';
import type { StreamConfig } from '../schema/connection-config.js';
import type { SchemaEffect, SchemaOutlook } from '../schema/sync-plan.js';
import type { Field } from '../schema/types.js';
import { isKeyed } from '../schema/write-mode.js';
import type { FeedPlan } from './plan.js';
import type { ActivityDependencies } from './dependencies.js';
import type { FeedDraft, PlannedFeed, RunWork } from './draft.js';
import { streamError } from './stream-error.js';

/**
 * Compares what the source has now with what was accepted before, before any row moves (I6): a change is recorded and told,
 * and the stream's policy says what becomes of it. The first version that is met is accepted.
 */
export async function applySchemaPolicies(
  dependencies: ActivityDependencies,
  { input, connection }: Pick<RunWork, 'input' | 'connection'>,
  { drafts, versions }: { readonly drafts: readonly FeedDraft[]; readonly versions: readonly SchemaVersion[] },
): Promise<readonly FeedDraft[]> {
  return Promise.all(
    drafts.map(async (draft) => {
      if ('error' in draft) return draft;
      const known = versions.filter(({ stream }) => stream === draft.feed);
      const { next, draft: planned } = decide(draft, known, input.run.number);
      if (next) await record(dependencies, connection.id, next);
      return planned;
    }),
  );
}

/** A version that cannot be written now is met again by the next run. */
async function record(
  { store, log }: ActivityDependencies,
  connectionId: string,
  version: Omit<SchemaVersion, 'seenAt'>,
): Promise<void> {
  await store.recordSchema(connectionId, version).catch((error: unknown) => {
    log.warn('cannot record a schema', { stream: version.stream, cause: errorText(error) });
  });
}

interface Decision {
  /** A version that was not met before. */
  readonly next?: Omit<SchemaVersion, 'seenAt'>;
  readonly draft: FeedDraft;
}

/** What the source has now against the version that was accepted last, by the stream's policy. Pure. */
export function outlookOf(draft: PlannedFeed, known: readonly SchemaVersion[]): SchemaOutlook {
  const { schemaPolicy: policy } = draft.config;
  const accepted = known.findLast((version) => version.accepted);
  if (!accepted) return { accepted: null, policy, changes: [], effect: 'none' };
  const changes = changesSince(accepted, draft, known);
  const concerned = changes.some((change) => concerns(draft.plan, change));
  return { accepted: accepted.version, policy, changes, effect: concerned ? EFFECTS[policy] : 'none' };
}

const EFFECTS: Readonly<Record<StreamConfig['schemaPolicy'], SchemaEffect>> = {
  evolve: 'follows',
  ignore_new: 'left_out',
  quarantine: 'rejected',
  stop: 'stops',
};

function changesSince(accepted: SchemaVersion, draft: PlannedFeed, known: readonly SchemaVersion[]): readonly SchemaChange[] {
  const former = known.filter((version) => version.accepted).flatMap(({ fields }) => fields);
  return diffSchemas(accepted, schemaOf(draft), former);
}

/** Pure. */
export function decide(draft: PlannedFeed, known: readonly SchemaVersion[], run: number): Decision {
  const current = schemaOf(draft);
  const accepted = known.findLast((version) => version.accepted);
  const first = { stream: draft.feed, version: (known.at(-1)?.version ?? 0) + 1, ...current, run };
  if (!accepted) return { next: { ...first, changes: [], accepted: true }, draft };
  const changes = changesSince(accepted, draft, known);
  if (changes.length === 0) return { draft };
  const relevant = changes.filter((change) => concerns(draft.plan, change));
  const next = { ...first, changes, accepted: relevant.length === 0 || draft.config.schemaPolicy === 'evolve' };
  const met = known.at(-1);
  return {
    ...(met && same(met, current) ? {} : { next }),
    draft: relevant.length === 0 ? draft : withPolicy(draft, accepted, relevant),
  };
}

/** All columns of the source: which of them are selected may change without the source. */
const schemaOf = ({ config, plan: { stream } }: PlannedFeed): StreamSchema => ({
  fields: stream.fields,
  primaryKey: config.primaryKey ?? stream.primaryKey ?? [],
});

function concerns({ fields, mode }: FeedPlan, { kind, field }: SchemaChange): boolean {
  if (kind === 'key') return isKeyed(mode);
  return kind === 'dropped' || fields.some(({ name }) => name === field);
}

const same = (version: StreamSchema, current: StreamSchema): boolean => diffSchemas(version, current).length === 0;

function withPolicy(draft: PlannedFeed, accepted: StreamSchema, changes: readonly SchemaChange[]): FeedDraft {
  const text = changes.map((change) => changeText(change, changes)).join('; ');
  switch (draft.config.schemaPolicy) {
    case 'evolve':
      return { ...draft, notes: [`the source has changed: ${text}`] };
    case 'ignore_new':
      return ignoreNew(draft, accepted, text);
    case 'quarantine':
      return quarantined(draft, accepted, { changes, text });
    case 'stop':
      return { feed: draft.feed, config: draft.config, error: streamError(changed(draft.feed, text)) };
  }
}

interface Told {
  readonly changes: readonly SchemaChange[];
  readonly text: string;
}

/** Every row has to be looked at, so none may travel in a form that only servers read. */
function quarantined({ plan, ...draft }: PlannedFeed, accepted: StreamSchema, { changes, text }: Told): PlannedFeed {
  const { native: _native, ...readable } = plan;
  const changed = new Set(changes.filter(({ kind }) => RETYPED.has(kind)).map(({ field }) => field));
  const quarantine = {
    added: changes.filter(({ kind }) => kind === 'added').map(({ field }) => field),
    retyped: accepted.fields.filter(({ name }) => changed.has(name)),
  };
  return { ...draft, plan: { ...readable, quarantine }, notes: [`not accepted yet, rows that need it are rejected: ${text}`] };
}

const RETYPED: ReadonlySet<SchemaChange['kind']> = new Set(['widened', 'narrowed', 'retyped']);

function ignoreNew(draft: PlannedFeed, { fields }: StreamSchema, text: string): PlannedFeed {
  const known = new Set(fields.map(({ name }: Field) => name));
  const kept = draft.plan.fields.filter(({ name }) => known.has(name) || needed(draft, name));
  return {
    ...draft,
    plan: { ...draft.plan, fields: kept },
    notes: [`the source has changed, new columns are left out: ${text}`],
  };
}

const needed = ({ plan: { primaryKey, cursor } }: PlannedFeed, name: string): boolean =>
  primaryKey.includes(name) || cursor?.field === name;

function changed(stream: string, text: string): MillraceError {
  return new MillraceError('source.schema_changed', { detail: `${stream}: ${text}.`, stream });
}
