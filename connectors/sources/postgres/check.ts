import type { CheckResult, ConnectorContext } from '../../sdk/types.js';
import { openSession } from '../../postgres/session.js';
import type { PostgresConnectionConfig } from '../../postgres/config.js';

/** Connects, and says where it ended up. */
export async function check(context: ConnectorContext<PostgresConnectionConfig>): Promise<CheckResult> {
  await using session = await openSession(context.config, context);
  const [server] = await session.rows<{ version: string; user: string; database: string; standby: string }>(
    `select current_setting('server_version') as version, current_user as user, current_database() as database,
            pg_is_in_recovery()::text as standby`,
  );
  return { ok: true, facts: { ...server } };
}
