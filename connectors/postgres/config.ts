import { type ConnectionOptions, parse } from 'pg-connection-string';
import type pg from 'pg';
import { z } from 'zod';
import { connectTimeoutField, sslField } from '../sdk/connection-fields.js';
import { secret } from '../sdk/define.js';
import { ReusingSocket } from '../../platform/net/reusing-socket.js';

const URL_FORM = 'postgresql://user:password@host:port/database';

function canParse(url: string): boolean {
  try {
    parse(url);
    return true;
  } catch {
    return false; // the parser's message repeats the URL, password and all
  }
}

/** How to reach a Postgres server; source and destination share it. */
export const postgresConnectionFields = {
  url: secret(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, URL_FORM)
      .refine(canParse, `${URL_FORM}, with special letters as %40`),
  )
    .meta({ examples: ['postgresql://user:password@host:5432/database'] })
    .optional()
    .describe('Connection URL; the other fields override its parts.'),
  host: z.string().min(1).optional().describe('Host name or address.'),
  port: z.number().int().min(1).max(65_535).optional().describe('Port; 5432 when absent.'),
  user: z.string().min(1).optional().describe('User; postgres when absent.'),
  password: secret(z.string()).optional().describe('Password of the user.'),
  database: z.string().min(1).optional().describe('Database; postgres when absent.'),
  ssl: sslField,
  connectTimeoutMs: connectTimeoutField,
};

export interface PostgresConnectionConfig {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  readonly ssl?: 'disable' | 'require' | 'verify-full' | undefined;
  readonly connectTimeoutMs: number;
}

/** What a connection is called between two sessions: `discard all` leaves it the name that it was made with. */
const BETWEEN_SESSIONS = 'millrace-idle';

/** Options for the `pg` client. The URL gives the parts, explicit fields win. */
export function clientOptions(config: PostgresConnectionConfig): pg.ClientConfig {
  const fromUrl: Partial<ConnectionOptions> = config.url === undefined ? {} : parse(config.url);
  const ssl = config.ssl ?? sslOfUrl(fromUrl);
  return {
    host: config.host ?? fromUrl.host ?? 'localhost',
    port: config.port ?? Number(fromUrl.port ?? 5432),
    user: config.user ?? fromUrl.user ?? 'postgres',
    password: config.password ?? fromUrl.password ?? '',
    database: config.database ?? fromUrl.database ?? 'postgres',
    ssl: ssl === 'disable' ? false : { rejectUnauthorized: ssl === 'verify-full' },
    connectionTimeoutMillis: config.connectTimeoutMs,
    application_name: BETWEEN_SESSIONS,
    keepAlive: true,
    ...(ssl === 'disable' ? { stream: () => new ReusingSocket() } : {}),
  };
}

function sslOfUrl(url: { ssl?: unknown }): 'disable' | 'require' | 'verify-full' {
  if (url.ssl === undefined || url.ssl === false) return 'disable';
  const checked =
    typeof url.ssl === 'object' && url.ssl !== null && !('rejectUnauthorized' in url.ssl && !url.ssl.rejectUnauthorized);
  return checked ? 'verify-full' : 'require';
}
