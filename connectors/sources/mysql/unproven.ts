import type { MysqlRead } from './read.js';
import { type Process, isReplication } from './writers.js';

/** Engines whose writers show: in `innodb_trx`, or as a statement, where there are no transactions. */
const SHOWN_ENGINES = new Set(['innodb', 'myisam', 'aria', 'memory', 'csv', 'archive', 'mrg_myisam']);

interface Server {
  readonly read_only: string;
  readonly cluster: string;
}

/** Why the bound cannot be proven, in words; undefined when it can. */
export async function blindness(read: MysqlRead, processes: readonly Process[]): Promise<string | undefined> {
  const { session, relation } = read;
  const [server] = await session.rows<Server>(
    'select @@global.read_only or @@global.innodb_read_only as read_only, @@global.auto_increment_increment > 1 as cluster',
  );
  const reasons = [
    (processes.some(isReplication) || server?.read_only === '1') &&
      'the server is a replica or read only, and does not show who writes on its primary',
    ((await isCluster(read)) || server?.cluster === '1') &&
      'the server is one of several that are written to, and shows its own writers only',
    relation.engine !== null &&
      !SHOWN_ENGINES.has(relation.engine.toLowerCase()) &&
      `${read.request.stream.name} is kept by ${relation.engine}, which does not show who writes`,
  ];
  return reasons.filter((reason) => reason !== false).join('; ') || undefined;
}

async function isCluster({ session }: MysqlRead): Promise<boolean> {
  const rows = await session.rows<{ Value: string }>(
    `show global variables where (variable_name = 'wsrep_on' and value = 'ON')
       or (variable_name = 'group_replication_single_primary_mode' and value = 'OFF')`,
  );
  return rows.length > 0;
}

export const NO_RIGHT = 'no right to see who writes: grant PROCESS';
export const NO_FRESH_LOOK = 'the server went on showing transactions of an earlier moment; somebody asks for them all the time';
