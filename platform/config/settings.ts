/**
 * Every setting that comes from the environment, read once at the start and passed on as one frozen object.
 * @module
 */
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { durationMs } from '../../schema/connection-config.js';
import { MillraceError } from '../errors/error.js';

/**
 * Ports are chosen to sit beside, not on, the usual ones: an installed Postgres (5432) or `temporal server start-dev`
 * (7233, 8233) keeps its own.
 */
export const DEFAULT_PORTS = { api: 7070, postgres: 7071, temporal: 7072, temporalUi: 7073 } as const;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type PortName = keyof typeof DEFAULT_PORTS;

/** Environment variable of each port, for messages too. */
export const PORT_VARIABLES: Readonly<Record<PortName, string>> = {
  api: 'MILLRACE_API_PORT',
  postgres: 'MILLRACE_PG_PORT',
  temporal: 'MILLRACE_TEMPORAL_PORT',
  temporalUi: 'MILLRACE_TEMPORAL_UI_PORT',
};

export interface Settings {
  /** Absolute path of the folder that holds an embedded stack. */
  readonly home: string;
  readonly apiHost: string;
  /** 0 = any free port; the same for the other ports. */
  readonly apiPort: number;
  readonly pgPort: number;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  /** Ports that were asked for; the others are defaults that give way to any free port when they are busy. */
  readonly requestedPorts: readonly PortName[];
  /** Absent in an embedded stack, which starts its own Postgres. */
  readonly databaseUrl?: string;
  /** Absent in an embedded stack, which starts its own Temporal server. */
  readonly temporalAddress?: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl?: string;
  /** `file:///…` or `s3://…`; an embedded stack stages in its home when absent. */
  readonly stageUrl?: string;
  /** 32 bytes. An embedded stack makes one in its home when absent. */
  readonly secretKey?: Buffer;
  /** Keys that still open what was sealed with them. */
  readonly oldSecretKeys: readonly Buffer[];
  /** Which environment variables configurations may refer to: names, or beginnings that end in `*`. */
  readonly secretEnv?: readonly string[];
  /** Absolute paths of the folders whose files configurations may refer to. */
  readonly secretFiles?: readonly string[];
  /** How long what was deleted can be restored. */
  readonly restoreWindowMs: number;
  readonly taskQueue: string;
  /** About how much one slice holds: less memory and less to read again after a crash against fewer, larger transactions. */
  readonly sliceBytes: number;
  /** How often an API process compares the schedules with Temporal. */
  readonly reconcileEveryMs: number;
  /** A scheduled run that has not begun so long after its time makes its connection late. */
  readonly lateAfterMs: number;
  /** How long lines of runs are kept. */
  readonly logKeepMs: number;
  /** A bearer token that may read `/metrics` of all workspaces, and nothing else. */
  readonly metricsToken?: string;
  /** How long the API keeps who changed what. */
  readonly auditKeepMs: number;
  /** How often a key may ask one API process; no limit when absent. */
  readonly rateLimit?: { readonly requests: number; readonly perMs: number };
  readonly logLevel: LogLevel;
  /** Modules with connectors beside those that the project's dependencies bring. */
  readonly connectors: readonly string[];
}

const port = z.coerce.number('must be a port number').int('must be a whole number').min(0).max(65535);
const portOr = (fallback: number): z.ZodDefault<typeof port> => port.default(fallback);

const SCHEMA = z.object({
  MILLRACE_HOME: z.string().default('.millrace'),
  MILLRACE_API_HOST: z.string().default('127.0.0.1'),
  MILLRACE_API_PORT: portOr(DEFAULT_PORTS.api),
  MILLRACE_PG_PORT: portOr(DEFAULT_PORTS.postgres),
  MILLRACE_TEMPORAL_PORT: portOr(DEFAULT_PORTS.temporal),
  MILLRACE_TEMPORAL_UI_PORT: portOr(DEFAULT_PORTS.temporalUi),
  DATABASE_URL: urlOf(['postgres:', 'postgresql:']).optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  MILLRACE_TEMPORAL_UI_URL: urlOf(['http:', 'https:']).optional(),
  MILLRACE_STAGE_URL: urlOf(['file:', 's3:']).optional(),
  MILLRACE_SECRET_KEY: z.string().transform(decodeSecretKey).optional(),
  MILLRACE_SECRET_KEY_OLD: z.string().transform(decodeSecretKeys).optional(),
  MILLRACE_SECRET_ENV: z.string().transform(decodeVariables).optional(),
  MILLRACE_SECRET_FILES: z.string().transform(decodeFolders).optional(),
  MILLRACE_RESTORE_WINDOW: z.string().default('30d').transform(decodeDuration('1m', '3650d')),
  MILLRACE_TASK_QUEUE: z.string().default('millrace'),
  MILLRACE_SLICE_BYTES: z.coerce
    .number('must be a number of bytes')
    .int('must be a whole number')
    .min(10_000)
    .max(1_000_000_000)
    .default(96_000_000),
  MILLRACE_RECONCILE_EVERY: z.string().default('5m').transform(decodeDuration('1s', '1d')),
  MILLRACE_LATE_AFTER: z.string().default('5m').transform(decodeDuration('1s', '30d')),
  MILLRACE_LOG_KEEP: z.string().default('30d').transform(decodeDuration('1m', '3650d')),
  MILLRACE_METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 printable ASCII characters without spaces')
    .optional(),
  MILLRACE_AUDIT_KEEP: z.string().default('90d').transform(decodeDuration('1h', '36500d')),
  MILLRACE_RATE_LIMIT: z.string().default('100000/1m').transform(decodeRateLimit),
  MILLRACE_CONNECTORS: z.string().default('').transform(decodeNames),
  MILLRACE_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/**
 * Reads the settings; a variable that is empty counts as absent.
 * @throws MillraceError `setup.invalid` that names every bad variable, and never shows a value.
 */
export function loadSettings(env: NodeJS.ProcessEnv): Settings {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = SCHEMA.safeParse(present);
  if (!parsed.success) throw invalidSettings(parsed.error);
  return toSettings(parsed.data, requestedPorts(present));
}

function requestedPorts(env: Readonly<Record<string, unknown>>): readonly PortName[] {
  const names = Object.keys(PORT_VARIABLES) as PortName[];
  return names.filter((name) => env[PORT_VARIABLES[name]] !== undefined);
}

function toSettings(env: z.infer<typeof SCHEMA>, requested: readonly PortName[]): Settings {
  return Object.freeze({
    home: resolve(env.MILLRACE_HOME),
    apiHost: env.MILLRACE_API_HOST,
    apiPort: env.MILLRACE_API_PORT,
    pgPort: env.MILLRACE_PG_PORT,
    temporalPort: env.MILLRACE_TEMPORAL_PORT,
    temporalUiPort: env.MILLRACE_TEMPORAL_UI_PORT,
    requestedPorts: requested,
    temporalNamespace: env.TEMPORAL_NAMESPACE,
    taskQueue: env.MILLRACE_TASK_QUEUE,
    sliceBytes: env.MILLRACE_SLICE_BYTES,
    reconcileEveryMs: env.MILLRACE_RECONCILE_EVERY,
    lateAfterMs: env.MILLRACE_LATE_AFTER,
    logKeepMs: env.MILLRACE_LOG_KEEP,
    auditKeepMs: env.MILLRACE_AUDIT_KEEP,
    restoreWindowMs: env.MILLRACE_RESTORE_WINDOW,
    oldSecretKeys: env.MILLRACE_SECRET_KEY_OLD ?? [],
    logLevel: env.MILLRACE_LOG_LEVEL,
    connectors: env.MILLRACE_CONNECTORS,
    ...(env.MILLRACE_RATE_LIMIT !== undefined && { rateLimit: env.MILLRACE_RATE_LIMIT }),
    ...(env.DATABASE_URL !== undefined && { databaseUrl: env.DATABASE_URL }),
    ...(env.TEMPORAL_ADDRESS !== undefined && { temporalAddress: env.TEMPORAL_ADDRESS }),
    ...(env.MILLRACE_TEMPORAL_UI_URL !== undefined && { temporalUiUrl: env.MILLRACE_TEMPORAL_UI_URL.replace(/\/+$/, '') }),
    ...(env.MILLRACE_STAGE_URL !== undefined && { stageUrl: env.MILLRACE_STAGE_URL }),
    ...(env.MILLRACE_METRICS_TOKEN !== undefined && { metricsToken: env.MILLRACE_METRICS_TOKEN }),
    ...(env.MILLRACE_SECRET_ENV !== undefined && { secretEnv: env.MILLRACE_SECRET_ENV }),
    ...(env.MILLRACE_SECRET_FILES !== undefined && { secretFiles: env.MILLRACE_SECRET_FILES }),
    ...(env.MILLRACE_SECRET_KEY !== undefined && { secretKey: env.MILLRACE_SECRET_KEY }),
  });
}

function invalidSettings(error: z.ZodError): MillraceError {
  const problems = error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  return new MillraceError('setup.invalid', {
    detail: problems.join('; '),
    path: String(error.issues[0]?.path[0]),
    suggestion: `Correct or unset ${error.issues.map((issue) => String(issue.path[0])).join(', ')}.`,
  });
}

function urlOf(protocols: readonly string[]): z.ZodString {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
}

function decodeDuration(least: string, most: string): (text: string, context: z.RefinementCtx) => number {
  return (text, context) => {
    const ms = /^\d+(ms|s|m|h|d)$/.test(text) ? durationMs(text) : Number.NaN;
    if (!(ms >= durationMs(least) && ms <= durationMs(most)))
      context.addIssue({ code: 'custom', message: `must be a duration from ${least} to ${most}, such as 5m` });
    return ms;
  };
}

function decodeNames(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** `off` is no limit. */
function decodeRateLimit(text: string, context: z.RefinementCtx): Settings['rateLimit'] | undefined {
  if (text === 'off') return undefined;
  const [, requests, per] = /^([1-9]\d{0,8})\/(\d{1,6}(?:s|m|h))$/.exec(text) ?? [];
  const perMs = per === undefined ? 0 : durationMs(per);
  if (requests === undefined || perMs < 1_000 || perMs > 86_400_000) {
    context.addIssue({ code: 'custom', message: 'must be off, or requests per time such as 1000/1m (1s to 24h)' });
    return z.NEVER;
  }
  return { requests: Number(requests), perMs };
}

function decodeSecretKey(text: string, context: z.RefinementCtx): Buffer {
  const key = Buffer.from(text.trim(), /^[0-9a-f]{64}$/i.test(text.trim()) ? 'hex' : 'base64');
  if (key.length !== 32)
    context.addIssue({ code: 'custom', message: 'must be 32 bytes in base64 or hex (openssl rand -base64 32)' });
  return key;
}

function decodeSecretKeys(text: string, context: z.RefinementCtx): readonly Buffer[] {
  return listed(text).map((key) => decodeSecretKey(key, context));
}

function decodeVariables(text: string, context: z.RefinementCtx): readonly string[] {
  const names = listed(text);
  if (!names.every((name) => /^([A-Za-z_]\w*\*?|\*)$/.test(name)))
    context.addIssue({
      code: 'custom',
      message: 'must be names of variables, or their beginnings with *, such as SECRET_*,CRM_URL',
    });
  return names;
}

function decodeFolders(text: string, context: z.RefinementCtx): readonly string[] {
  const folders = listed(text);
  if (!folders.every((folder) => isAbsolute(folder)))
    context.addIssue({ code: 'custom', message: 'must be absolute paths of folders, separated by commas' });
  return folders.map((folder) => resolve(folder));
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
