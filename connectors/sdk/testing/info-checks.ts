/**
 * What holds for connectors of both kinds before any row moves.
 * @module
 */
import { isMillraceError } from '../../../platform/errors/error.js';
import type { CheckResult, ConnectorContext, ConnectorInfo } from '../types.js';
import { definitionFaults } from '../definition.js';
import type { ConformanceCheck } from './check.js';
import { configFields } from './config-schema.js';
import { CheckFault, CheckSkipped } from './report.js';

/** What these checks need of a session. */
export interface InfoSession {
  readonly definition: ConnectorInfo<unknown> & { check(context: ConnectorContext<unknown>): Promise<CheckResult> };
  readonly harness: { readonly goodConfig: unknown; readonly badConfig?: unknown };
  readonly said: string[];
  context(config?: unknown): ConnectorContext<unknown>;
  secrets(): readonly string[];
  heard(error: unknown): void;
}

const SECRET_NAME = /(pass(word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)$/i;
const UNKNOWN_FIELD = 'no_such_field_of_millrace';

export const infoChecks: readonly ConformanceCheck<InfoSession>[] = [
  { name: 'definition', title: 'the definition is complete', run: checkDefinition },
  {
    name: 'documentation',
    title: 'every field of the configuration is documented, and secrets are marked',
    needs: ['definition'],
    run: checkDocumentation,
  },
  {
    name: 'config',
    title: 'the configuration is accepted, and one with an unknown field is not',
    needs: ['definition'],
    run: checkConfig,
  },
  { name: 'check', title: 'check connects and tells facts', needs: ['config'], run: checkCheck },
  {
    name: 'wrong-credentials',
    title: 'check refuses wrong credentials with an error of the catalogue',
    needs: ['check'],
    run: checkWrong,
  },
];

async function checkDefinition({ definition }: InfoSession): Promise<string> {
  const faults = definitionFaults(definition);
  if (faults.length > 0)
    throw new CheckFault(`${faults.join('; ')}.`, 'See SourceDefinition and DestinationDefinition in millrace/sdk.');
  return `${definition.id} (${definition.stability})`;
}

async function checkDocumentation({ definition }: InfoSession): Promise<string> {
  const fields = configFields(definition.config);
  const silent = fields.filter(({ described }) => !described).map(({ path }) => path);
  if (silent.length > 0)
    throw new CheckFault(
      `These fields of config say nothing of themselves: ${silent.join(', ')}.`,
      "Add .describe('…') to each.",
    );
  const open = fields.filter(({ path, secret }) => SECRET_NAME.test(path) && !secret).map(({ path }) => path);
  if (open.length > 0)
    throw new CheckFault(
      `These fields of config look secret and are not: ${open.join(', ')}.`,
      'Make them with secret() of millrace/sdk.',
    );
  return fields.map(({ path }) => path).join(', ') || 'no fields';
}

async function checkConfig({ definition, harness }: InfoSession): Promise<string> {
  const parsed = definition.config.safeParse(harness.goodConfig);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
    throw new CheckFault(`The configuration is refused: ${issues.join('; ')}.`, 'Correct the configuration, or the schema.');
  }
  const more = { ...(harness.goodConfig as object), [UNKNOWN_FIELD]: true };
  if (definition.config.safeParse(more).success)
    throw new CheckFault(
      'A field that config does not know is accepted: a misspelt one would go unnoticed.',
      'Use z.strictObject.',
    );
  return 'valid';
}

async function checkCheck(session: InfoSession): Promise<string> {
  const result = await session.definition.check(session.context());
  session.said.push(JSON.stringify(result));
  const facts = Object.entries(result?.facts ?? {});
  if (result?.ok !== true || !facts.every(([, value]) => typeof value === 'string'))
    throw new CheckFault(
      'check returns something else than { ok: true, facts } with texts.',
      'Throw a MillraceError when it does not work.',
    );
  return facts.map(([name, value]) => `${name} ${value}`).join(', ') || 'connected';
}

async function checkWrong(session: InfoSession): Promise<string> {
  const { badConfig } = session.harness;
  if (badConfig === undefined)
    throw new CheckSkipped(
      'No configuration with wrong credentials was given.',
      'Give badConfig, or --bad-config, where the system has credentials.',
    );
  const error = await session.definition.check(session.context(badConfig)).then(
    () => undefined,
    (thrown: unknown) => thrown ?? new Error('nothing'),
  );
  if (error === undefined) throw new CheckFault('Wrong credentials are accepted.', 'Make check do something that needs them.');
  session.heard(error);
  if (!isMillraceError(error) || !error.code.startsWith('connector.'))
    throw new CheckFault(
      `${(error as Error).name} is thrown, not an error of the catalogue.`,
      "Throw new MillraceError('connector.auth_failed', { detail, path }).",
    );
  if (error.recovery === 'retry')
    throw new CheckFault(
      `${error.code} is thrown, which is retried: the credentials stay wrong.`,
      'Throw connector.auth_failed.',
    );
  const leaked = session.secrets().some((secret) => error.message.includes(secret));
  if (leaked) throw new CheckFault(`The message of ${error.code} holds a secret.`, 'Leave it out of the message.');
  return error.code;
}
