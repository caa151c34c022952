import { canonicalJson } from '../../checkpoint/position.js';
import { isRecord } from '../../platform/secrets/schema-walk.js';
import { type StreamConfig, connectionSettings, streamConfigSchema } from '../../schema/connection-config.js';
import { z } from 'zod';

/** All that is set of a connection but its name, its ends and its labels, every default filled in. */
const settingsSchema = z.object(connectionSettings);

export type Settings = z.output<typeof settingsSchema>;
type Values = Readonly<Record<string, unknown>>;

export const SETTINGS = Object.keys(connectionSettings) as readonly (keyof Settings)[];

/** The settings among other fields. @throws ZodError when they are not what this version knows */
export function settingsOf(value: object): Settings {
  return settingsSchema.parse(value);
}

const USUAL: Values = { ...settingsSchema.parse({ streams: [{ name: 'x', mode: 'mirror' }] }), streams: undefined };
const { name: _name, mode: _mode, ...USUAL_STREAM } = streamConfigSchema.parse({ name: 'x', mode: 'mirror' });

/** Only what is not usual: what people write, and what stays the same when a later version knows more settings. */
export function briefSettings({ streams, ...settings }: Settings): Values {
  return { ...withoutUsual(settings, USUAL), streams: streams.map(briefStream) };
}

/** Two settings to be compared: streams that only one of them has are brief. */
export function besides(settings: Settings, other: Settings): Values {
  const names = new Set(other.streams.map(({ name }) => name));
  return { ...settings, streams: settings.streams.map((stream) => (names.has(stream.name) ? stream : briefStream(stream))) };
}

function briefStream(stream: StreamConfig): Values {
  return withoutUsual(stream, USUAL_STREAM);
}

function withoutUsual(values: Values, usual: Values): Values {
  const brief = Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
    if (value === undefined || same(value, usual[key])) return [];
    const inner = usual[key];
    if (key === 'schedule' && isRecord(value)) return [[key, withoutUsual(value, { timezone: 'UTC' })]];
    return [[key, isRecord(value) && isRecord(inner) ? withoutUsual(value, inner) : value]];
  });
  return Object.fromEntries(brief);
}

export function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}
