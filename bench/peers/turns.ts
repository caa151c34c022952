import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query } from '../support/database.js';
import type { BenchStack } from '../support/stack.js';
import { compareContent, type ContentReport } from './content.js';
import { firstErrorLine } from './first-error.js';
import type { Peer } from './peer.js';
import type { Cost } from './run-measured.js';

/** Whoever takes longer has no further turn: others would wait for hours to learn little. */
const TURN_LIMIT_MS = 10 * 60_000;

export interface Turned {
  readonly name: string;
  readonly version: string;
  readonly costs: Cost[];
  /** Of the last turn. */
  content?: ContentReport;
  failure?: string;
}

export interface TurnOptions {
  readonly source: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly repeat: number;
}

/** Full refreshes of one table by all peers in turns A B A B, each into a new database after a checkpoint. */
export async function takeTurns(stack: BenchStack, peers: readonly Peer[], options: TurnOptions): Promise<Turned[]> {
  const turned = peers.map(({ name, version }): Turned => ({ name, version, costs: [] }));
  for (let round = 0; round < options.repeat; round++)
    for (const [index, peer] of peers.entries()) await takeTurn(stack, peer, turned[index]!, options);
  return turned;
}

async function takeTurn(stack: BenchStack, peer: Peer, turned: Turned, { source, table, key }: TurnOptions): Promise<void> {
  if (turned.failure !== undefined || (turned.costs.at(-1)?.ms ?? 0) > TURN_LIMIT_MS) return;
  process.stderr.write(`  ${peer.name} …\n`);
  try {
    await withTarget(stack, async ({ destination, folder }) => {
      turned.costs.push(await peer.fullRefresh({ source, destination, table, folder }));
      turned.content = await compareContent({ source, destination, table, key });
    });
  } catch (error) {
    turned.failure = firstErrorLine(error);
  }
}

export interface Target {
  readonly destination: string;
  readonly folder: string;
}

let targets = 0;

/** A new database with nothing left to write back, and an empty folder; both are gone afterwards. */
export async function withTarget<T>(stack: BenchStack, use: (target: Target) => Promise<T>): Promise<T> {
  const name = `peer_target_${targets++}`;
  const target = { destination: await stack.database(name), folder: await mkdtemp(join(tmpdir(), 'millrace-peer-')) };
  try {
    await query(target.destination, 'checkpoint');
    return await use(target);
  } finally {
    await stack.dropDatabase(name);
    await rm(target.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
