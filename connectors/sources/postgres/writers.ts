import type { Field } from '../../../schema/types.js';
import { READER } from '../../postgres/session.js';
import { cursorType } from '../../sdk/cursor.js';

/** A transaction that may still bring rows below the bound. */
export interface Writer {
  /** The same as long as the transaction lasts. */
  readonly id: string;
  /** Null for a prepared transaction, which no session holds any more. */
  readonly pid: string | null;
  readonly application: string;
  /** Its start, where it shows; in a form whose order as text is that of time. */
  readonly since: string | null;
}

/** Times are given by the clock when a transaction begins, whatever it will write; other values while it holds a lock on the table. */
export function isTimed(field: Field): boolean {
  return ['timestamptz', 'timestamp', 'date'].includes(cursorType(field) ?? '');
}

/**
 * SQL of the possible writers of values up to `bound`. Where a transaction is prepared meanwhile it must not fall between two
 * looks: sessions come first, prepared transactions second.
 */
export function writersSql(field: Field, bound: string): string {
  if (!isTimed(field)) return LOCK_HOLDERS;
  const began = cursorType(field) === 'timestamptz' ? `and (a.xact_start is null or a.xact_start <= ${bound})` : '';
  return `${OPEN_TRANSACTIONS} ${began} ${PREPARED}`;
}

const DATABASE = '(select oid from pg_database where datname = current_database())';

/**
 * Every INSERT, UPDATE, MERGE and COPY takes exactly this lock, also under a stronger one, and before a default such as
 * `nextval` is computed. Who holds only stronger locks has written nothing yet, and will get a later value.
 */
const LOCK_HOLDERS = `
select l.virtualtransaction as id, l.pid::text as pid, coalesce(a.application_name, '') as application, null as since
from pg_locks l left join pg_stat_get_activity(null) a on a.pid = l.pid
where l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted and l.pid is distinct from pg_backend_pid()
  and l.database = ${DATABASE}
  and l.relation in (select oid from reads)`;

/**
 * A session of another user, or one that does not track activities, hides its start; that it has a transaction open shows in
 * the lock on its virtual id. Loads of ours write nothing but targets of ours, which all have a column of that name.
 */
const OPEN_TRANSACTIONS = `
select a.pid || '/' || coalesce(a.xact_start::text, hidden.virtualxid) as id, a.pid::text as pid, coalesce(a.application_name, '') as application,
  to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS.USOF') as since
from pg_stat_get_activity(null) a
left join lateral (select v.virtualxid from pg_locks v where v.pid = a.pid and v.locktype = 'virtualxid' limit 1) as hidden
  on a.xact_start is null and (a.backend_type is null or a.state = 'disabled')
where a.datid = ${DATABASE} and a.pid <> pg_backend_pid() and a.application_name not like 'millrace/%${READER}'
  and (a.application_name not like 'millrace/con\\_%' or exists (
    select from reads join pg_attribute m on m.attrelid = reads.oid where m.attname = '_millrace_run' and not m.attisdropped))
  and coalesce(a.backend_type, 'hidden') not like 'autovacuum%'
  and (a.xact_start is not null or hidden.virtualxid is not null)`;

const PREPARED = `
union all select transaction::text, null, 'prepared transaction', null from pg_prepared_xact() where dbid = ${DATABASE}`;
