import type { CheckResult, ConnectorContext } from '../../sdk/types.js';
import type { MysqlSourceConfig } from './config.js';
import { mysqlError } from './errors.js';
import { openSession } from './session.js';

/** Connects, and says where it ended up. */
export async function check(context: ConnectorContext<MysqlSourceConfig>): Promise<CheckResult> {
  await using session = await openSession(context.config, context);
  const [server] = await session
    .rows<{ version: string; user: string; database: string }>(
      `select version() as version, current_user() as user, coalesce(database(), '') as \`database\``,
    )
    .catch((error: unknown) => {
      throw mysqlError(error, 'Cannot ask the server for its version');
    });
  return { ok: true, facts: { ...server } };
}
