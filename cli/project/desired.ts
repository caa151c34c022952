import { z } from 'zod';
import type { Connector } from '../../client/index.js';
import type { FieldError } from '../../platform/errors/error.js';
import { jsonSchemaPlace } from '../../platform/secrets/schema-walk.js';
import { cursorErrors, distanceErrors } from '../../schema/connection-rules.js';
import { scheduleErrors } from '../../schema/schedule-rules.js';
import { didYouMean } from '../names/did-you-mean.js';
import { type ConnectionEntry, type SystemEntry, issueProblems } from './files/read-project.js';
import { type Found, referenceOf, secretsIn, valueAt, variableFor, withValueAt } from './secrets.js';

/** A secret of a file: where, and what stands there instead of it. */
export interface SecretUse {
  readonly path: Found['path'];
  /** `reference`: resolved by who needs it; `variable`: its value is sent, and stored encrypted. */
  readonly by: 'reference' | 'variable';
  /** `env:CRM_URL`, `${CRM_URL}` */
  readonly shown: string;
}

export interface DesiredSystem extends SystemEntry {
  readonly secrets: readonly SecretUse[];
  /** The configuration as the API would show it. */
  readonly view: Readonly<Record<string, unknown>>;
}

export interface Checked<T> {
  readonly found: T;
  readonly problems: readonly FieldError[];
}

/** Checks a system's configuration with what its connector says of it. */
export function checkSystem(entry: SystemEntry, connectors: readonly Connector[]): Checked<DesiredSystem> {
  const bare: DesiredSystem = { ...entry, secrets: [], view: entry.config };
  const ofKind = connectors.filter(({ kind }) => kind === entry.kind);
  const connector = ofKind.find(({ id }) => id === entry.connector);
  if (!connector) return { found: bare, problems: [unknownConnector(entry, ofKind)] };
  const problems: FieldError[] = [];
  let system = bare;
  for (const secret of secretsIn(jsonSchemaPlace(connector.config), entry.config)) {
    const used = secretUse(entry, secret);
    if (!used) problems.push(inClear(entry, secret));
    else if (secret.value === '') problems.push(emptySecret(entry, used));
    else system = withSecret(system, used);
  }
  return { found: system, problems: [...problems, ...configProblems(system, connector, problems.length > 0)] };
}

function unknownConnector({ kind, name, connector, origin }: SystemEntry, known: readonly Connector[]): FieldError {
  const ids = known.map(({ id }) => id);
  const hint = didYouMean(connector, ids) ?? `There are: ${ids.join(', ')}.`;
  const message = `${kind}s.${name}.connector: There is no ${kind} connector ${connector}. ${hint}`;
  return origin.file.problem([...origin.path, 'connector'], 'not_found', message);
}

function secretUse({ origin }: SystemEntry, { path, value }: Found): SecretUse | undefined {
  const reference = referenceOf(value);
  if (reference !== undefined) return { path, by: 'reference', shown: reference };
  const from = origin.file.interpolationAt([...origin.path, 'config', ...path]);
  if (!from?.onlyVariables) return undefined;
  return { path, by: 'variable', shown: from.variables.map((name) => `\${${name}}`).join('') };
}

/** What is sent for a secret, and how the API will show it. A variable that looks like a number is a text here. */
function withSecret(system: DesiredSystem, used: SecretUse): DesiredSystem {
  const { origin, config, view } = system;
  const text = origin.file.interpolationAt([...origin.path, 'config', ...used.path])?.text ?? valueAt(config, used.path);
  const [sent, shown] = used.by === 'reference' ? [{ ref: used.shown }, { ref: used.shown }] : [text, { set: true }];
  return {
    ...system,
    secrets: [...system.secrets, used],
    config: withValueAt(config, used.path, sent) as DesiredSystem['config'],
    view: withValueAt(view, used.path, shown) as DesiredSystem['view'],
  };
}

function inClear({ kind, name, origin }: SystemEntry, { path }: Found): FieldError {
  const variable = variableFor(name, path);
  const message = `${kind}s.${name}.config.${path.join('.')}: A secret does not stand in a file. Write \${${variable}} to send the value of a variable when it is applied, or env:${variable} or file:/path to have the worker look it up.`;
  return origin.file.problem([...origin.path, 'config', ...path], 'secret_in_clear', message);
}

/** As after `.env.example` was copied, and not filled in. */
function emptySecret({ kind, name, origin }: SystemEntry, { path, shown }: SecretUse): FieldError {
  const message = `${kind}s.${name}.config.${path.join('.')}: ${shown} is empty.`;
  return origin.file.problem([...origin.path, 'config', ...path], 'not_set', message);
}

/** What is wrong by the connector's schema. The API knows more, and has the last word. */
function configProblems(system: DesiredSystem, connector: Connector, isWrong: boolean): readonly FieldError[] {
  const schema = schemaOf(connector);
  const parsed = isWrong ? undefined : schema?.safeParse(system.config);
  if (!parsed || parsed.success) return [];
  const { origin, secrets } = system;
  const references = new Set(secrets.filter(({ by }) => by === 'reference').map(({ path }) => path.join('.')));
  const issues = parsed.error.issues.filter(({ path }) => !references.has(path.join('.'))); // nobody here knows what they stand for
  return issues.flatMap((issue) => issueProblems(origin.file, [...origin.path, 'config'], issue));
}

/** A schema of a later version may hold what this one cannot read: then only the API checks. */
function schemaOf({ config }: Connector): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(config as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return undefined;
  }
}

/** What is wrong with a connection although each field alone is fine. */
export function connectionProblems(entry: ConnectionEntry, source: Connector | undefined): readonly FieldError[] {
  const { streams, schedule, origin } = entry;
  const cursor = source?.cursor ?? 'field';
  const errors = [...scheduleErrors(schedule), ...cursorErrors(streams, cursor), ...distanceErrors(streams, cursor)];
  return errors.map(({ path, code, message, suggestion }) =>
    origin.file.problem(segmentsOf(path), code, [`${path}: ${message}`, suggestion].filter(Boolean).join(' ')),
  );
}

/** `streams[0].cursorField` → `['streams', 0, 'cursorField']` */
function segmentsOf(path: string): readonly (string | number)[] {
  return path.split(/[.[\]]+/).flatMap((part) => (part === '' ? [] : [/^\d+$/.test(part) ? Number(part) : part]));
}
