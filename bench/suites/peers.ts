import { installContenders } from '../peers/contenders.js';
import { millraceWithSql } from '../peers/millrace.js';
import { type Findings, measuresOf, printFindings } from '../peers/findings.js';
import { copyHardValues } from '../peers/hard-values.js';
import { takeIncrements } from '../peers/increments.js';
import { takeTurns } from '../peers/turns.js';
import { loadLineitem } from '../support/lineitem.js';
import type { SuiteReport } from '../support/report.js';
import { query } from '../support/database.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';

/** At scale 1 and above; fewer below. */
const ORDERS = 1_000_000;
const KEY = ['l_orderkey', 'l_linenumber'];

/** Millrace beside other tools that copy Postgres to Postgres: full refresh, incremental loads, and what becomes of hard values. */
export async function peers(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport & { readonly peers: Findings }> {
  const { ready, notInstalled } = await installContenders(stack, options.peers);
  const { repeat } = options;
  const scale = scaleOf(options);
  const source = await stack.database('peers_source');
  await loadLineitem(source, scale);
  const orders = Math.max(10_000, Math.round(ORDERS * Math.min(1, scale)));
  const findings: Findings = {
    notInstalled,
    fullRefresh: await takeTurns(stack, [...ready, millraceWithSql(stack)], { source, table: 'lineitem', key: KEY, repeat }),
    incremental: await takeIncrements(stack, ready, { rows: orders, repeat }),
    hardValues: await copyHardValues(stack, ready),
  };
  process.stdout.write(printFindings(findings));
  refuseOwnDifferences(findings);
  const [{ rows } = { rows: '0' }] = await query<{ rows: string }>(source, 'select count(*) as rows from lineitem');
  const versions = Object.fromEntries(ready.slice(0, -1).map(({ name, version }) => [name, version]));
  return { suite: 'peers', facts: { scale, rows, orders, ...versions }, measures: measuresOf(findings), peers: findings };
}

peers.about = 'beside other tools: speed, incremental loads, hard values; installs them';
peers.onRequest = true as const;

/** What others change is told; what Millrace changes is a fault. @throws Error */
function refuseOwnDifferences({ fullRefresh, incremental, hardValues }: Findings): void {
  const own = <T extends { readonly name: string }>(reports: readonly T[]): T | undefined =>
    reports.find(({ name }) => name === 'Millrace');
  const [full, increments, hard] = [own(fullRefresh), own(incremental), own(hardValues)];
  const withSql = fullRefresh.at(-1);
  const contents = [full?.content, withoutTypes(withSql?.content), increments?.content, increments?.late];
  const faults = [
    full?.failure,
    withSql?.failure,
    increments?.failure,
    hard?.whole,
    ...contents.map((content) => (isEqual(content) ? undefined : JSON.stringify(content ?? 'nothing was compared'))),
    ...Object.entries(hard?.differences ?? {}).map(([column, { detail }]) => `${column}: ${detail}`),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Error(`Millrace differs from the source:\n${faults.join('\n')}`);
}

/** SQL gives columns the types of DuckDB. */
const withoutTypes = (content: Content): Content => content && { ...content, retyped: {} };

type Content = Findings['fullRefresh'][number]['content'];

function isEqual(content: Content): boolean {
  if (content === undefined) return false;
  const { rows, changed, missing, retyped } = content;
  return rows.source === rows.target && changed.length + missing.length + Object.keys(retyped).length === 0;
}
