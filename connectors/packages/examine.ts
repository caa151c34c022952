import { errorText, isMillraceError } from '../../platform/errors/error.js';
import { connectorDependencies, findModule } from './find.js';
import { importConnectors } from './index.js';

/** One package that API and workers would load. */
export interface ExaminedPackage {
  readonly specifier: string;
  /** Named in `MILLRACE_CONNECTORS`: without it nothing starts. */
  readonly configured: boolean;
  /** `millrace-connector-shop 1.2.0: source shop`; absent when it does not load. */
  readonly loads?: string;
  readonly fault?: { readonly detail: string; readonly fix: string };
}

/** Loads what API and workers would load from a folder, and registers nothing. */
export async function examinePackages(folder: string, configured: readonly string[]): Promise<readonly ExaminedPackage[]> {
  const found = connectorDependencies(folder).filter((name) => !configured.includes(name));
  return Promise.all(
    [...configured, ...found].map(async (specifier): Promise<ExaminedPackage> => {
      const said = { specifier, configured: configured.includes(specifier) };
      try {
        return { ...said, loads: await loaded(specifier, folder) };
      } catch (error) {
        const fix = isMillraceError(error) ? error.suggestion : 'Correct or remove the package.';
        return { ...said, fault: { detail: errorText(error), fix } };
      }
    }),
  );
}

async function loaded(specifier: string, folder: string): Promise<string> {
  const module = findModule(specifier, folder);
  const connectors = await importConnectors(module);
  const { package: name, version } = module.origin;
  return `${name} ${version}: ${connectors.map(({ kind, definition }) => `${kind} ${definition.id}`).join(', ')}`;
}
