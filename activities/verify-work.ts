import type { AnyDestination, AnySource } from '../connectors/registry.js';
import type { TempDir } from '../stage/store.js';
import type { Comparison, CompareOptions } from '../verify/compare.js';
import type { CompareRule } from '../verify/scope.js';
import type { Verification, VerifyScope } from '../schema/verification.js';
import { MillraceError } from '../platform/errors/error.js';
import type { VerifyInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { targetOfStream } from './draft.js';
import { type FeedPlan, type OpenConnector, openDestination, openSource, planFeed } from './plan.js';
import type { Shell } from './shell.js';

/** One comparison under way. */
export interface VerifyWork extends AsyncDisposable {
  readonly shell: Shell;
  readonly dependencies: ActivityDependencies;
  readonly input: VerifyInput;
  readonly feed: FeedPlan;
  readonly source: OpenConnector<AnySource>;
  readonly destination: OpenConnector<AnyDestination>;
  readonly tempDir: string;
  readonly sampleSize: number;
}

interface WorkOptions {
  readonly input: VerifyInput;
  readonly feed: FeedPlan;
  readonly sampleSize: number;
  /** Of the connection; the newest when absent. */
  readonly version?: number;
}

/** Rows of one side that are looked at one by one before a comparison gives up counting. */
const MAX_ROWS = 1_000_000;

export async function openWork(shell: Shell, dependencies: ActivityDependencies, options: WorkOptions): Promise<VerifyWork> {
  const { input } = options;
  const connection = await dependencies.store.loadConnection(input.connectionId, options.version);
  const session = sessionOf(shell, input);
  const source = await openSource(shell, dependencies, connection.source, session);
  const destination = await openDestination(shell, dependencies, connection.destination, session);
  const temp: TempDir = await dependencies.stage.tempDir();
  return {
    ...{ shell, dependencies, ...options, source, destination },
    tempDir: temp.path,
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  };
}

/**
 * Named like no session of a run, so that a new run does not end it. What connections have in common is left out: servers cut
 * names at 63 bytes, and the end of this one says that it only reads.
 */
const sessionOf = ({ attempt }: Shell, { connectionId, stream }: VerifyInput) => ({
  connectionId: `verify/${connectionId.replace(/^con_/, '')}`,
  epoch: 0,
  feed: stream,
  attempt,
});

/** The stream as the connection describes it now. @throws MillraceError `source.*` */
export async function currentFeed(shell: Shell, dependencies: ActivityDependencies, input: VerifyInput): Promise<FeedPlan> {
  const connection = await dependencies.store.loadConnection(input.connectionId);
  const config = connection.streams.find(({ name }) => name === input.stream);
  const source = await openSource(shell, dependencies, connection.source, sessionOf(shell, input));
  const destination = await openDestination(shell, dependencies, connection.destination, sessionOf(shell, input));
  const { streams } = await source.connector.discover(source.context, [input.stream]);
  const stream = streams.find(({ name }) => name === input.stream);
  if (!config || !stream)
    throw new MillraceError('source.stream_missing', {
      detail: `The source has no stream ${input.stream} that this user may read.`,
      stream: input.stream,
    });
  const ends = { source: source.connector, destination: destination.connector };
  return planFeed(config, stream, { ...ends, target: targetOfStream({ connection, destination }, config) });
}

/** How rows are compared, with the limits that every comparison keeps. */
export function compareOptions(
  { shell, input, sampleSize }: VerifyWork,
  options: Pick<CompareOptions, 'rule' | 'fields' | 'explain'>,
): CompareOptions {
  const progress = (facts: Record<string, unknown>): void => shell.progress({ step: 'verify', stream: input.stream, ...facts });
  return { ...options, sampleSize, maxRows: MAX_ROWS, progress };
}

export interface ResultFacts {
  readonly scope: VerifyScope;
  readonly rule: Pick<CompareRule, 'extra'>;
  readonly by: Verification['by'];
  readonly skippedColumns: readonly string[];
  readonly notes: readonly string[];
}

/** What was found, with what the write mode says of it. */
export function verificationOf({ input }: VerifyWork, found: Comparison, facts: ResultFacts): Verification {
  const { rule, notes, ...rest } = facts;
  const { missing, extra, different } = found.differences;
  const told = [...notes, ...policyNotes(found)];
  const harmless = missing === 0 && different === 0 && (extra === 0 || isToldOnly(rule, input));
  return {
    method: input.method,
    ...rest,
    notes: told,
    ...found,
    matched: harmless && !found.atLeast,
    checkedAt: new Date().toISOString(),
  };
}

function policyNotes({ differences: { rejected, repaired } }: Comparison): readonly string[] {
  return rejected + repaired === 0 ? [] : [`${rejected} rows were rejected, ${repaired} values were repaired`];
}

/** By number alone, older versions cannot be told from rows that should not be there. */
const isToldOnly = ({ extra }: Pick<CompareRule, 'extra'>, { method }: VerifyInput): boolean =>
  extra === 'told' || (extra === 'duplicates' && method === 'count');

/** @throws MillraceError `verify.not_possible` */
export function impossible({ input }: Pick<VerifyWork, 'input'>, why: string, suggestion?: string): never {
  throw new MillraceError('verify.not_possible', {
    detail: `${input.stream} cannot be compared: ${why}.`,
    stream: input.stream,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}
