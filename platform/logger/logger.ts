/**
 * The one logger: JSON lines on stderr, one-line prose on a terminal, secrets masked on the way (I12). Errors are
 * returned, not logged; who handles one at last logs it once.
 * @module
 */
import type { LogLevel } from '../config/settings.js';
import { redact, redactText } from './redact.js';

export type Facts = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** A logger that adds `facts` to each of its lines. */
  child(facts: Facts): Logger;
}

export interface LoggerOptions {
  /** Lines below it are dropped; `info` when absent. */
  readonly level?: LogLevel;
  /** Receives each finished line with its newline; stderr when absent. */
  readonly write?: (line: string) => void;
  /** Prose instead of JSON; when absent, only if stderr is a terminal. */
  readonly pretty?: boolean;
}

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly facts: Facts;
}

const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };

export function createLogger(options: LoggerOptions = {}): Logger {
  const least = WEIGHT[options.level ?? 'info'];
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const print = (options.pretty ?? process.stderr.isTTY) ? prettyLine : jsonLine;
  return loggerOf({}, (line) => {
    if (WEIGHT[line.level] >= least) write(`${print(line)}\n`);
  });
}

function loggerOf(bound: Facts, emit: (line: Line) => void): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, facts: Facts = {}): void =>
      emit({ level, message, facts: { ...bound, ...facts } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => loggerOf({ ...bound, ...facts }, emit),
  };
}

function jsonLine({ level, message, facts }: Line): string {
  const head = { time: new Date().toISOString(), level, message: redactText(message) };
  return JSON.stringify({ ...(redact(facts) as Facts), ...head });
}

function prettyLine({ level, message, facts }: Line): string {
  const clock = new Date().toISOString().slice(11, 19);
  const parts = Object.entries(redact(facts) as Facts).map(([key, value]) => `${key}=${prettyValue(value)}`);
  return [clock, level.toUpperCase().padEnd(5), redactText(message), ...parts].join(' ');
}

function prettyValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
