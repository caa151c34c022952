import { startBareRoute } from '../support/bare-route.js';
import type { Measure, SuiteReport } from '../support/report.js';
import { type BenchStack } from '../support/stack.js';
import { storeRuns } from '../support/stored-runs.js';
import type { SuiteOptions } from '../support/suite.js';
import { type Asked, askFor, hasWrk } from '../support/wrk.js';

api.about = 'reads of the REST API with 1,000 connections and 100,000 runs stored, beside a bare Fastify route';
export async function api(stack: BenchStack, { quick, repeat }: SuiteOptions): Promise<SuiteReport> {
  if (!hasWrk()) throw new Error('the suite api needs wrk (Debian: apt-get install wrk)');
  const stored = quick ? { connections: 20, runs: 500 } : { connections: 1_000, runs: 100_000 };
  const ends = { source: await stack.database('api_source'), destination: await stack.database('api_destination') };
  const like = await stack.connect([{ name: 'public.orders', mode: 'full_refresh_overwrite' }], ends);
  const { connectionIds, runIds } = await storeRuns(stack.metadataUrl, { like, ...stored });
  const routes = [
    `/v1/runs/${middle(runIds)}`,
    `/v1/connections/${middle(connectionIds)}`,
    '/v1/runs',
    `/v1/runs?connectionId=${middle(connectionIds)}&include=streams`,
    '/v1/connections?sort=name',
  ];
  const measures: Measure[] = [];
  for (const route of routes) measures.push(...(await besideBareRoute(stack, route, quick ? 1 : Math.max(repeat, 3))));
  return { suite: 'api', facts: { ...stored, clients: 16 }, measures };
}

const middle = (ids: readonly string[]): string => ids[Math.floor(ids.length / 2)]!;

const SECONDS = 4;

/** In turns: Millrace, then the same bytes from a route that does nothing. */
async function besideBareRoute(stack: BenchStack, route: string, rounds: number): Promise<Measure[]> {
  const url = `${stack.apiUrl}${route}`;
  const authorization = `Bearer ${stack.apiKey}`;
  const answer = await fetch(url, { headers: { authorization } });
  await using bare = await startBareRoute(await answer.text());
  const seconds = rounds === 1 ? 1 : SECONDS;
  const own: Asked[] = [];
  const least: Asked[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(await askFor(url, seconds, authorization));
    least.push(await askFor(bare.url, seconds));
  }
  const name = `GET ${route.replaceAll(/(run|con)_\w+/g, '{id}')}`;
  return [
    { name, unit: 'req/s', values: own.map(({ perSecond }) => perSecond) },
    { name: `${name}: half within`, unit: 'ms', values: own.map(({ p50Ms }) => p50Ms) },
    { name: `${name}: 99 of 100 within`, unit: 'ms', values: own.map(({ p99Ms }) => p99Ms) },
    {
      name: `${name}: against a bare route`,
      unit: '×',
      values: own.map(({ perSecond }, at) => perSecond / least[at]!.perSecond),
    },
  ];
}
