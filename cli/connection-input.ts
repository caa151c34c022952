import type { Input } from '../client/index.js';
import { invalid, jsonObject } from './input.js';

export type NewConnection = Input<'createConnection'>['body'];
type Stream = NewConnection['streams'][number];
type Schedule = NonNullable<NewConnection['schedule']>;

export interface ConnectionOptions {
  readonly stream?: readonly string[];
  readonly mode: string;
  readonly schema?: string;
  readonly every?: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly config?: string;
}

/** The body for a new connection, from flags over what `--config` says. @throws MillraceError `request.invalid` */
export function connectionOf(
  name: string,
  ends: { sourceId: string; destinationId: string },
  options: ConnectionOptions,
): NewConnection {
  const base = options.config === undefined ? {} : jsonObject('--config', options.config);
  const streams = (options.stream ?? []).map((text) => streamOf(text, options.mode));
  const schedule = scheduleOf(options);
  const whole = {
    ...base,
    ...(streams.length > 0 && { streams }),
    ...(schedule && { schedule }),
    ...(options.schema !== undefined && { targetNames: { schema: options.schema } }),
    ...ends,
    name,
  };
  if ('streams' in whole) return whole as NewConnection; // the API says what is wrong with a file of the user's own
  throw invalid('--stream', 'A connection needs at least one stream.', 'Give --stream <name>; millrace discover lists them.');
}

/** `public.orders,mode=incremental_deduped,cursorField=updated_at,primaryKey=id+line,target=sales.orders` */
export function streamOf(text: string, mode: string): Stream {
  const [name = '', ...settings] = text.split(',');
  const stream: Record<string, unknown> = { name, mode };
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1) throw invalid('--stream', `After the name come settings such as cursorField=updated_at, not ${setting}.`);
    const [key, value] = [setting.slice(0, at).trim(), setting.slice(at + 1)];
    stream[key] = settingOf(key, value);
  }
  return stream as unknown as Stream; // the API knows all settings and their values
}

function settingOf(key: string, value: string): unknown {
  if (key === 'primaryKey') return value.split('+');
  if (key === 'target') return targetOf(value);
  return value;
}

function targetOf(text: string): { schema?: string; table: string } {
  const dot = text.indexOf('.');
  return dot < 0 ? { table: text } : { schema: text.slice(0, dot), table: text.slice(dot + 1) };
}

function scheduleOf({ every, cron, timezone }: ConnectionOptions): Schedule | undefined {
  if (every !== undefined && cron !== undefined) throw invalid('--every', 'Give --every or --cron, not both.');
  if (timezone !== undefined && cron === undefined) throw invalid('--timezone', 'A time zone needs --cron.');
  if (every !== undefined) return { type: 'interval', every };
  return cron === undefined ? undefined : { type: 'cron', cron, ...(timezone !== undefined && { timezone }) };
}
