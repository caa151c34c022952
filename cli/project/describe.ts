import { isRecord } from '../../platform/secrets/schema-walk.js';
import type { DesiredSystem } from './desired.js';
import { isSecretView } from './diff.js';
import type { ExistingConnection, ExistingSystem } from './existing.js';
import type { ConnectionEntry } from './files/read-project.js';
import { type Description, ownLabels } from './marks.js';
import { SETTINGS, type Settings, briefSettings, settingsOf } from './settings.js';

/**
 * What describes a resource, the same from the files and from the API. `full` is compared and shown; `brief` leaves out what is
 * usual and what is secret, so that its digest changes only when somebody has changed something.
 */
export interface Described {
  readonly full: Description;
  readonly brief: Description;
}

export function describeSystem(config: DesiredSystem['view'], labels: Readonly<Record<string, string>>): Described {
  const own = ownLabels(labels);
  return { full: { config, labels: own }, brief: { config: withoutSecrets(config), labels: own } };
}

export const describeExistingSystem = ({ config, labels }: ExistingSystem): Described => describeSystem(config, labels);

function withoutSecrets(value: unknown): unknown {
  if (isSecretView(value)) return { set: true };
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

export const describeEntry = (entry: ConnectionEntry): Described => describeSettings(settingsOf(entry), entry.labels);

export const describeConnection = ({ settings, labels }: ExistingConnection): Described => describeSettings(settings, labels);

function describeSettings(settings: Settings, labels: Readonly<Record<string, string>>): Described {
  const own = ownLabels(labels);
  const brief = briefSettings(settings);
  const fields = SETTINGS.map((field) => [field, brief[field] ?? null] as const);
  return { full: { ...settings, labels: own }, brief: { ...Object.fromEntries(fields), labels: own } };
}
