import { MillraceError } from '../../platform/errors/error.js';
import type { SourceDefinition } from '../sdk/types.js';
import { type ConformanceReport, type HarnessLimits, formatReport, testSource } from '../sdk/testing/index.js';
import { sources } from '../registry.js';
import { findModule } from './find.js';
import { type LoadedConnector, importConnectors } from './index.js';

export interface TestRequest {
  readonly folder: string;
  readonly config: unknown;
  readonly badConfig?: unknown;
  readonly streams?: readonly string[];
  readonly limits: HarnessLimits;
}

export interface TestedConnector {
  readonly report: ConformanceReport;
  /** For people. */
  readonly text: string;
}

/**
 * Runs the conformance suite over the sources of a module, or over a source of this build by its id, against a live system.
 * @throws MillraceError `setup.invalid` when there is nothing to test
 */
export async function testConnectors(specifier: string, request: TestRequest): Promise<readonly TestedConnector[]> {
  const { config: goodConfig, badConfig, streams, limits } = request;
  const tested: TestedConnector[] = [];
  for (const definition of await sourcesOf(specifier, request.folder)) {
    const report = await testSource({
      definition,
      goodConfig,
      ...(badConfig === undefined ? {} : { badConfig }),
      ...(streams ? { streams: streams.map((name) => ({ name })) } : {}),
      limits,
    });
    tested.push({ report, text: formatReport(report) });
  }
  return tested;
}

async function sourcesOf(specifier: string, folder: string): Promise<readonly SourceDefinition<unknown>[]> {
  const own = sources.get(specifier);
  if (own) return [own];
  const found = await importConnectors(findModule(specifier, folder));
  const readable = found
    .filter(({ kind }) => kind === 'source')
    .map(({ definition }: LoadedConnector) => definition as SourceDefinition<unknown>);
  if (readable.length > 0) return readable;
  throw new MillraceError('setup.invalid', {
    detail: `${specifier} declares only a destination, which cannot be tested without writing.`,
    suggestion: 'Test it in its package with testDestination of millrace/sdk/testing.',
  });
}
