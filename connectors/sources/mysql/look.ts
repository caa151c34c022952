import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Session } from './session.js';
import { inSnapshot } from './snapshot.js';
import type { Look, Process, Transaction } from './writers.js';

/** InnoDB looks anew only when nobody has asked for so long; others may ask, too. */
const CACHE_MS = 110;
const MAX_TRIES = 40;

/**
 * Sessions first, transactions second: a statement that ends in between has left a transaction, or is committed.
 * @returns undefined when the server went on showing transactions of an earlier moment
 */
export async function lookAround(session: Session): Promise<Look | undefined> {
  const processes = await session.rows<Process & { readonly now: string }>(PROCESSES(session));
  const transactions = await openTransactions(session);
  return (
    transactions && {
      at: Number(processes[0]?.now),
      processes: processes.filter(({ id }) => id !== String(session.id)),
      transactions,
    }
  );
}

/** MySQL counts whole seconds, so its statements may have begun one earlier. */
const PROCESSES = ({ isMariadb }: Session): string =>
  `select cast(p.id as char) as id, p.user as user, p.command as command, p.info as info, unix_timestamp(now(6)) as now,
     unix_timestamp(now(6)) - ${isMariadb ? 'p.time_ms / 1000' : 'p.time - 1'} as since from information_schema.processlist as p`;

type TransactionRow = Readonly<Record<'id' | 'process' | 'query' | 'changed', string | null>>;

/**
 * What is shown may be from before: InnoDB fills the table at most ten times a second. Our own transaction stands in it with
 * the statement that it is executing, which nobody has sent before.
 */
async function openTransactions(session: Session): Promise<readonly Transaction[] | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const nonce = randomBytes(8).toString('hex');
    const rows = await inSnapshot(session, () => session.rows<TransactionRow>(transactionsSql(nonce)));
    if (rows.some(({ query }) => query?.includes(nonce))) return rows.filter(({ changed }) => changed === '1').map(transactionOf);
    await wait(CACHE_MS + Math.random() * CACHE_MS * Math.min(tries, 4));
  }
  return undefined;
}

const transactionsSql = (nonce: string): string =>
  `select /* ${nonce} */ cast(trx_id as char) as id, cast(trx_mysql_thread_id as char) as process, trx_query as query,
     (trx_rows_modified > 0 or (trx_mysql_thread_id = 0 and trx_is_read_only = 0)) as changed from information_schema.innodb_trx`;

const transactionOf = ({ id, process }: TransactionRow): Transaction => ({ id: id ?? '', process: process ?? '0' });
