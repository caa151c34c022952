import { z } from 'zod';
import { UNREACHABLE_CONFIG, connectTimeoutField, reachable, sslField } from '../../sdk/connection-fields.js';
import { secret } from '../../sdk/define.js';

const URL_FORM = 'mysql://user:password@host:port/database';

export const config = z
  .strictObject({
    url: secret(
      z
        .string()
        .regex(/^(mysql|mariadb):\/\//, URL_FORM)
        .refine(URL.canParse, `${URL_FORM}, with special letters as %40`),
    )
      .meta({ examples: ['mysql://user:password@host:3306/database'] })
      .optional()
      .describe('Connection URL; the other fields override its parts.'),
    host: z.string().min(1).optional().describe('Host name or address.'),
    port: z.number().int().min(1).max(65_535).optional().describe('Port; 3306 when absent.'),
    user: z.string().min(1).optional().describe('User; root when absent.'),
    password: secret(z.string()).optional().describe('Password of the user.'),
    database: z.string().min(1).optional().describe('The database that is discovered; all but the system ones when absent.'),
    databases: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Only these databases are discovered, whatever `database` says.'),
    ssl: sslField,
    connectTimeoutMs: connectTimeoutField,
    tinyint1: z
      .enum(['boolean', 'integer'])
      .default('boolean')
      .describe('What `tinyint(1)`, also written `bool`, is read as. As a boolean, values other than 0 and 1 are bad rows.'),
    unknownDates: z
      .enum(['bad_value', 'null'])
      .default('bad_value')
      .describe(
        'What becomes of dates that are none, such as 0000-00-00. bad_value: the rowPolicy of the stream decides; null: they are read as NULL.',
      ),
  })
  .refine(reachable, UNREACHABLE_CONFIG);

export type MysqlSourceConfig = z.infer<typeof config>;

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string | undefined;
  readonly ssl: 'disable' | 'require' | 'verify-full';
}

const SSL_MODES: Readonly<Record<string, ConnectionOptions['ssl']>> = {
  REQUIRED: 'require',
  VERIFY_CA: 'verify-full',
  VERIFY_IDENTITY: 'verify-full',
};

/** The URL gives the parts, explicit fields win. */
export function connectionOptions(settings: MysqlSourceConfig): ConnectionOptions {
  const url = settings.url === undefined ? undefined : new URL(settings.url);
  const part = (text: string | undefined): string | undefined => (text ? decodeURIComponent(text) : undefined);
  const mode = url?.searchParams.get('ssl-mode')?.toUpperCase() ?? '';
  return {
    host: settings.host ?? part(url?.hostname)?.replace(/^\[|\]$/g, '') ?? 'localhost',
    port: settings.port ?? Number(url?.port || 3306),
    user: settings.user ?? part(url?.username) ?? 'root',
    password: settings.password ?? part(url?.password) ?? '',
    database: settings.database ?? part(url?.pathname.slice(1)),
    ssl: settings.ssl ?? SSL_MODES[mode] ?? 'disable',
  };
}

/** Databases whose tables are streams; undefined for all but those of the system. */
export function discoveredDatabases(settings: MysqlSourceConfig): readonly string[] | undefined {
  const { database } = connectionOptions(settings);
  return settings.databases ?? (database === undefined ? undefined : [database]);
}
