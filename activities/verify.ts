import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import type { Difference, Verification, VerificationCounts, VerifyScope } from '../schema/verification.js';
import type { AskedFor, EndVerificationInput, LoadedByRun, Verified, VerifyInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type FeedPlan, requireFeed } from './plan.js';
import { getPlan } from './plan-store.js';
import { inStep } from './run-log.js';
import { type Shell, inShell } from './shell.js';
import { stagedRun } from './staged-run.js';
import { type VerifyWork, currentFeed, openWork } from './verify-work.js';
import { compareRun, verifyRun } from './verify-run.js';
import { canHashBoth, verifyTable } from './verify-table.js';

/** How many differences a result lists. */
const RUN_SAMPLE = 100;

/** Compares one stream with its target and keeps what was found in the metadata: the workflow gets counts only. */
export function createVerify(dependencies: ActivityDependencies) {
  return (input: VerifyInput): Promise<Verified> =>
    input.of.kind === 'run'
      ? verifyInRun(dependencies, { input, of: input.of })
      : answerInShell(dependencies, { input, of: input.of });
}

function answerInShell(dependencies: ActivityDependencies, asked: Asked): Promise<Verified> {
  return inShell((shell) => answer(shell, dependencies, asked));
}

function verifyInRun(dependencies: ActivityDependencies, loaded: Loaded): Promise<Verified> {
  const at = { run: loaded.of.run, step: 'verify', stream: loaded.input.stream } as const;
  return inStep(dependencies, at, async (shell, say) => {
    const verified = await verifyLoaded(shell, dependencies, loaded);
    for (const note of verified.notes) say('info', note);
    return verified;
  });
}

export function createEndVerification({ store }: ActivityDependencies) {
  return ({ verificationId, cancelled, errors }: EndVerificationInput): Promise<void> =>
    inShell(() => store.endVerification(verificationId, { cancelled, errors }));
}

interface Asked {
  readonly input: VerifyInput;
  readonly of: AskedFor;
}

/** Somebody asked: a difference is an answer. */
async function answer(shell: Shell, dependencies: ActivityDependencies, { input, of }: Asked): Promise<Verified> {
  const feed = await askedFeed(shell, dependencies, { input, of });
  await using work = await openWork(shell, dependencies, { input, feed, sampleSize: RUN_SAMPLE });
  const found = of.run ? await verifyRun(work, of.run.number) : await verifyTable(work, await loadedPosition(work));
  await dependencies.store.recordVerification(of.verificationId, input.stream, found);
  return { counts: countsOf(found), notes: [] };
}

async function askedFeed(shell: Shell, dependencies: ActivityDependencies, { input, of }: Asked): Promise<FeedPlan> {
  if (!of.run) return currentFeed(shell, dependencies, input);
  const { plan } = await stagedRun(dependencies.stage, of.run.staged);
  const feed = (await getPlan(dependencies.stage, plan)).feeds.find((candidate) => candidate.feed === input.stream);
  if (feed) return feed;
  throw new MillraceError('verify.not_possible', {
    detail: `Run ${of.run.number} had no stream ${input.stream}.`,
    stream: input.stream,
  });
}

/** How far the stream is loaded, by the ledger. @throws MillraceError `verify.not_possible` while nothing is */
async function loadedPosition({ destination, input }: VerifyWork) {
  const { ledger } = await destination.connector.standing(destination.context, input.connectionId);
  const row = ledger.find(({ feed }) => feed === input.stream);
  if (row && !(row.shadow && row.position.kind === 'scan')) return row.position;
  throw new MillraceError('verify.not_possible', {
    detail: `${input.stream} has not been loaded to its end yet.`,
    suggestion: 'Run the connection first.',
    stream: input.stream,
  });
}

interface Loaded {
  readonly input: VerifyInput;
  readonly of: LoadedByRun;
}

/** @throws MillraceError `verify.mismatch` */
async function verifyLoaded(shell: Shell, dependencies: ActivityDependencies, { input, of }: Loaded): Promise<Verified> {
  const plan = await getPlan(dependencies.stage, of.plan);
  const feed = requireFeed(plan, input.stream);
  await using work = await openWork(shell, dependencies, {
    input,
    feed,
    sampleSize: RUN_SAMPLE,
    version: plan.connectionVersion,
  });
  try {
    const found = await (plan.source && wholeTable(work) ? tableThenRun(work, of) : verifyRun(work, of.run.number));
    await dependencies.store.recordRunVerification(of.run.runId, input.stream, found);
    if (!found.matched) throw mismatch(input.stream, found);
    return { counts: countsOf(found), notes: [inWords(found), ...found.notes] };
  } catch (error) {
    if (!isImpossible(error)) throw error;
    return { counts: null, notes: [`not verified: ${error.message}`] };
  }
}

/** Streams of which each run holds all, that both sides can hash as they are. */
const wholeTable = ({ feed, source, destination }: VerifyWork): boolean =>
  feed.whole && feed.sql === undefined && canHashBoth(source.connector, destination.connector);

const isImpossible = (error: unknown): error is MillraceError =>
  isMillraceError(error, 'verify.not_possible') || isMillraceError(error, 'run.not_staged');

/** A source that goes on changing differs from what was read a moment ago: then that is what the target must hold. */
async function tableThenRun(work: VerifyWork, { run, position }: LoadedByRun): Promise<Verification> {
  const table = await verifyTable(work, position);
  if (table.matched) return table;
  const read = await compareRun(work, run.number).catch((error: unknown) => {
    if (isImpossible(error)) return undefined;
    throw error;
  });
  if (!read) return table;
  if (!read.found.matched) return read.found;
  // what an earlier run had loaded of the same read says nothing of itself
  return read.complete ? changedMeanwhile(table) : table;
}

function changedMeanwhile(table: Verification): Verification {
  const { missing, extra, different, changedSince, ...known } = table.differences;
  return {
    ...table,
    matched: true,
    differences: { missing: 0, extra: 0, different: 0, changedSince: missing + extra + different + changedSince, ...known },
    sample: table.sample.map((difference) => (isKnown(difference) ? difference : { ...difference, kind: 'changed_since' })),
    notes: [...table.notes, 'the target holds what was read; the source has changed since'],
  };
}

const isKnown = ({ kind }: Difference): boolean => kind === 'rejected' || kind === 'repaired';

function countsOf({ method, scope, rows, matched, differences }: Verification): VerificationCounts {
  return { method, scope, rows, matched, differences };
}

const SCOPE: Readonly<Record<VerifyScope, string>> = { table: 'the whole table', run: 'what the run loaded' };

function inWords({ method, scope, rows, differences }: VerificationCounts): string {
  const found = differencesInWords(differences);
  return `verified by ${method}, ${SCOPE[scope]}: ${rows.source} rows in the source, ${rows.target} in the target${found && `; ${found}`}`;
}

function differencesInWords({ missing, extra, different, changedSince }: Verification['differences']): string {
  const parts = [
    [missing, 'missing in the target'],
    [extra, 'only in the target'],
    [different, 'different'],
    [changedSince, 'changed in the source since'],
  ] as const;
  return parts.flatMap(([rows, what]) => (rows > 0 ? [`${rows} ${what}`] : [])).join(', ');
}

function mismatch(stream: string, found: Verification): MillraceError {
  return new MillraceError('verify.mismatch', { detail: `${stream}, ${inWords(found)}.`, stream, facts: { ...countsOf(found) } });
}
