import { MillraceError } from '../../../platform/errors/error.js';
import { openSession } from '../../postgres/session.js';
import type { CheckResult, ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';

/** Connects, and proves that schemas may be created or exist already. */
export async function check(context: ConnectorContext<PostgresDestinationConfig>): Promise<CheckResult> {
  await using session = await openSession(context.config, context);
  const [server] = await session.rows<Record<'version' | 'user' | 'database' | 'standby' | 'may_create', string>>(
    `select current_setting('server_version') as version, current_user as user, current_database() as database, pg_is_in_recovery()::text as standby,
            (has_database_privilege(current_database(), 'create') or to_regnamespace('_millrace') is not null)::text as may_create`,
  );
  if (server?.standby === 'true')
    throw new MillraceError('connector.invalid_config', { detail: 'The server is a standby: nothing can be written there.' });
  if (server?.may_create === 'false') {
    throw new MillraceError('connector.permission_denied', {
      detail: `User ${server.user} may not create schemas in ${server.database}.`,
    });
  }
  const { version = '', user = '', database = '' } = server ?? {};
  return { ok: true, facts: { version, user, database } };
}
