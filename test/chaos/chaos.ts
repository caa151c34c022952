/**
 * Several connections over a changing source, faults drawn at random, and a comparison of everything at the end.
 * @module
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient } from './client.js';
import { type Scene, impossible, injectFault, victimOf } from './faults.js';
import { type Fault, describeFault } from './plan.js';
import { startReader } from './reader.js';
import { type ChaosReport, countBy, countKinds, countOverlaps } from './report.js';
import { Requests, startTriggers } from './requests.js';
import { settle } from './settle.js';
import { type ChaosStack, startChaosStack } from './stack.js';
import { CONNECTIONS, TABLES } from './tables.js';
import { compareTable, query } from './verify.js';
import { startWriters } from './writers.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly plan: readonly Fault[];
  readonly workers: number;
  /** Must exist, and be empty. */
  readonly folder: string;
  readonly keep: boolean;
  readonly temporalBinary: string;
  /** For how long a writer of the source may hold its transaction open. */
  readonly longestHoldMs: number;
  /** Told every fault, in one line for people. */
  readonly say: (line: string) => void;
  /** Ends everything early; the run is rejected when all is taken down. */
  readonly signal: AbortSignal;
}

/** Takes down whatever it started, however it ends. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const begun = performance.now();
  const say = (line: string): void => options.say(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  await using stack = await startChaosStack({ ...options, say });
  const report = await Promise.race([breakAndCompare(stack, { ...options, say }), interrupted(options.signal)]);
  return { ...report, seconds: Math.round((performance.now() - begun) / 1_000) };
}

async function interrupted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('interrupted', { cause: signal.reason });
}

async function breakAndCompare(stack: ChaosStack, options: ChaosOptions): Promise<Omit<ChaosReport, 'seconds'>> {
  const { seed, plan, say } = options;
  const scene = await setScene(stack);
  say(`${stack.workers.length} workers, ${scene.connectionIds.length} connections, ${plan.length} faults from seed ${seed}`);
  const changes = startChanges(scene, options);
  const injected = await injectAll(scene, plan, say);
  say('the changes end; everything comes to rest');
  const complaints = [...injected.complaints, ...(await changes.stop()), ...(await settle(scene))];
  await changes.reader.stop();
  const comparison = await compare(scene);
  return {
    seed,
    ...injected.counts,
    ...comparison,
    writes: changes.writes,
    reads: changes.reader.seen.reads,
    tornReads: changes.reader.seen.torn,
    complaints: [...complaints, ...internalErrors(scene.api), ...ownFaults(comparison)],
  };
}

const internalErrors = (api: ApiClient): string[] =>
  [...api.internalErrors].map(([what, count]) => `${what} was answered with 500, ${count} times`);

/** Runs may fail while everything breaks, but never because of us. */
const ownFaults = ({ errors }: Comparison): string[] =>
  Object.entries(errors).flatMap(([code, count]) => (code === 'engine.internal' ? [`${count} runs ended with ${code}`] : []));

async function setScene(stack: ChaosStack): Promise<Scene> {
  for (const { create } of TABLES) await query(stack.url('source'), create);
  const api = apiClient({ url: stack.apiUrl, key: stack.apiKey });
  return { stack, api, requests: new Requests(api), connectionIds: await connectAll(stack, api) };
}

async function connectAll({ proxiedUrl }: ChaosStack, api: ApiClient): Promise<string[]> {
  const made = async (path: string, body: object): Promise<string> => {
    const answer = await api.call<{ id: string }>('POST', path, { body });
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const system = (name: 'source' | 'destination'): object => ({ name, connector: 'postgres', config: { url: proxiedUrl(name) } });
  const sourceId = await made('/v1/sources', system('source'));
  const destinationId = await made('/v1/destinations', system('destination'));
  const ids: string[] = [];
  for (const { name, tables } of CONNECTIONS) {
    const streams = tables.map(({ stream }) => stream);
    ids.push(await made('/v1/connections', { name, sourceId, destinationId, streams }));
  }
  return ids;
}

/** Writers in the source, requests for runs, and somebody who reads the destination. */
function startChanges({ stack, requests, connectionIds }: Scene, { seed, longestHoldMs }: ChaosOptions) {
  const writers = startWriters({ url: stack.url('source'), seed, longestHoldMs });
  const triggers = startTriggers(requests, connectionIds, seed);
  return {
    reader: startReader(stack.url('destination')),
    writes: writers.transactions,
    stop: async (): Promise<string[]> => {
      const ends = await Promise.allSettled([writers.stop(), triggers.stop()]);
      return ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
    },
  };
}

interface Injected {
  readonly counts: Pick<ChaosReport, 'faults' | 'leftOut'>;
  readonly complaints: readonly string[];
}

/** Each at its time, whatever the others are at; only those with the same victim wait for each other. */
async function injectAll(scene: Scene, plan: readonly Fault[], say: (line: string) => void): Promise<Injected> {
  const begun = performance.now();
  const busy = new Map<string, Promise<unknown>>();
  const complaints: string[] = [];
  const leftOut: string[] = [];
  for (const [index, fault] of plan.entries()) {
    await sleep(Math.max(0, begun + fault.atMs - performance.now()));
    const why = impossible(scene, fault);
    say(`fault ${index + 1}/${plan.length}: ${describeFault(fault)}${why ? ` — left out: ${why}` : ''}`);
    if (why) leftOut.push(`${fault.kind} (${why})`);
    else busy.set(victimOf(fault), injectNext(scene, fault, busy.get(victimOf(fault)), complaints));
  }
  await Promise.all(busy.values());
  const faults = countKinds(plan.filter((fault) => impossible(scene, fault) === undefined));
  return { counts: { faults, leftOut: countBy(leftOut, String) }, complaints };
}

async function injectNext(
  scene: Scene,
  fault: Fault,
  earlier: Promise<unknown> | undefined,
  complaints: string[],
): Promise<void> {
  await earlier;
  await injectFault(scene, fault).catch((error: unknown) => complaints.push(`${describeFault(fault)}: ${String(error)}`));
}

type Comparison = Omit<ChaosReport, 'seed' | 'seconds' | 'faults' | 'leftOut' | 'writes' | 'reads' | 'tornReads' | 'complaints'>;

async function compare({ stack, api, requests, connectionIds }: Scene): Promise<Comparison> {
  const ends = { source: stack.url('source'), destination: stack.url('destination') };
  const tables = await Promise.all(TABLES.map((table) => compareTable(ends, table)));
  const sum = (key: 'rows' | 'lost' | 'duplicated' | 'wrong'): number => tables.reduce((all, table) => all + table[key], 0);
  const runs = await Promise.all(connectionIds.map((id) => requests.runs(id)));
  const ended = new Set(runs.flat().flatMap((run) => (run.endedAt ? [run.id] : [])));
  return {
    ...{ tables, rows: sum('rows'), lost: sum('lost'), duplicated: sum('duplicated'), wrong: sum('wrong') },
    runs: countBy(runs.flat(), ({ status }) => status),
    errors: countBy(
      runs.flat().flatMap(({ error }) => error ?? []),
      ({ code }) => code,
    ),
    requests: requests.accepted.size,
    lostRequests: [...requests.accepted].filter((id) => !ended.has(id)).length,
    doubledKeys: requests.doubledKeys(),
    overlappingRuns: runs.reduce((all, ofOne) => all + countOverlaps(ofOne), 0),
    answers: api.answers,
    ownEnds: [stack.api, ...stack.workers].reduce((all, service) => all + service.ownEnds, 0),
  };
}
