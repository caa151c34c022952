/**
 * Connectors of others: packages named `millrace-connector-*`, found from the dependencies of the project in the working
 * directory, and whatever `MILLRACE_CONNECTORS` names. API and worker load them once, at their start.
 * @module
 */
import { pathToFileURL } from 'node:url';
import { MillraceError, errorText, isMillraceError } from '../../platform/errors/error.js';
import { type AnyDestination, type AnySource, noteBroken, registerConnector } from '../registry.js';
import { type ConnectorKind, connectorExports, definitionFaults, kindOf } from '../sdk/definition.js';
import type { ConnectorLog } from '../sdk/types.js';
import { type ConnectorModule, connectorDependencies, findModule } from './find.js';

export interface LoadOptions {
  /** Where a project may list connector packages, and what paths are relative to. */
  readonly folder: string;
  /** Names, paths or URLs of modules: what is named must load. */
  readonly configured: readonly string[];
  readonly log: Pick<ConnectorLog, 'info' | 'warn'>;
}

/** One connector of a module. */
export interface LoadedConnector {
  readonly kind: ConnectorKind;
  readonly definition: AnySource | AnyDestination;
}

/**
 * Fills the registry. A dependency that does not load is told and left out, and keeps nothing else from working.
 * @throws MillraceError `setup.invalid` for one that is configured
 */
export async function loadConnectors({ folder, configured, log }: LoadOptions): Promise<void> {
  for (const specifier of configured) await register(specifier, folder);
  for (const name of dependenciesOf(folder, log)) {
    if (configured.includes(name)) continue;
    await register(name, folder).catch((error: unknown) => {
      const why = errorText(error);
      noteBroken(name, why);
      const suggestion = isMillraceError(error) ? error.suggestion : undefined;
      log.warn('a connector package was left out', { package: name, why, suggestion });
    });
  }
}

function dependenciesOf(folder: string, log: LoadOptions['log']): readonly string[] {
  try {
    return connectorDependencies(folder);
  } catch (error) {
    log.warn('the project was not looked through for connectors', { folder, why: errorText(error) });
    return [];
  }
}

async function register(specifier: string, folder: string): Promise<void> {
  const module = findModule(specifier, folder);
  for (const { kind, definition } of await importConnectors(module)) registerConnector(kind, definition, module.origin);
}

/** The connectors of a module. @throws MillraceError `setup.invalid` that says what is missing */
export async function importConnectors({ entry, origin }: ConnectorModule): Promise<readonly LoadedConnector[]> {
  const named = `${origin.package} ${origin.version}`;
  const found = connectorExports(await importModule(entry, named));
  if (found.length === 0)
    throw refused(
      `${named} exports no connector.`,
      'Export it as default, or as source and destination; see millrace connector new.',
    );
  return found.map(({ name, value }): LoadedConnector => {
    const faults = definitionFaults(value);
    const kind = kindOf(value);
    if (faults.length === 0 && kind) return { kind, definition: value as AnySource | AnyDestination };
    throw refused(
      `The ${name} export of ${named} is no connector: ${faults.join('; ')}.`,
      'Add what is missing; millrace connector test <folder> shows all of it.',
    );
  });
}

async function importModule(entry: string, named: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  } catch (cause) {
    throw refused(`${named} cannot be loaded: ${errorText(cause)}`, 'Correct or update the package, or remove it.', cause);
  }
}

const refused = (detail: string, suggestion: string, cause?: unknown): MillraceError =>
  new MillraceError('setup.invalid', { detail, suggestion, cause });
