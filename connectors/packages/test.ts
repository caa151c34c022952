import type { AnyDestination, AnySource } from '../registry.js';
import { MillraceError } from '../../platform/errors/error.js';
import { destinations, sources } from '../registry.js';
import type { ConnectorKind } from '../sdk/definition.js';
import { examineDestination } from '../sdk/testing/destination/examine.js';
import { type ConformanceReport, type HarnessLimits, formatReport, testSource } from '../sdk/testing/index.js';
import { findModule } from './find.js';
import { type LoadedConnector, importConnectors } from './index.js';

export interface TestRequest {
  readonly folder: string;
  readonly config: unknown;
  readonly badConfig?: unknown;
  /** Of what is both; the sources when absent, and the destinations where there are none. */
  readonly kind?: ConnectorKind;
  /** Of sources. */
  readonly streams?: readonly string[];
  readonly limits: HarnessLimits;
}

export interface TestedConnector {
  readonly report: ConformanceReport;
  /** For people. */
  readonly text: string;
}

/**
 * Runs the conformance suite over the connectors of a module, or over those of this build by their id, against a live system.
 * Nothing is written: of destinations only the checks are made that load no rows.
 * @throws MillraceError `setup.invalid` when there is nothing to test
 */
export async function testConnectors(specifier: string, request: TestRequest): Promise<readonly TestedConnector[]> {
  const tested: TestedConnector[] = [];
  for (const connector of await connectorsOf(specifier, request)) {
    const report = await reportOf(connector, request);
    tested.push({ report, text: formatReport(report) });
  }
  return tested;
}

function reportOf({ kind, definition }: LoadedConnector, request: TestRequest): Promise<ConformanceReport> {
  const { config: goodConfig, badConfig, streams, limits } = request;
  const live = { goodConfig, ...(badConfig === undefined ? {} : { badConfig }), limits };
  if (kind === 'destination') return examineDestination({ ...live, definition: definition as AnyDestination });
  const named = streams ? { streams: streams.map((name) => ({ name })) } : {};
  return testSource({ ...live, ...named, definition: definition as AnySource });
}

async function connectorsOf(specifier: string, { folder, kind }: TestRequest): Promise<readonly LoadedConnector[]> {
  const own = ownConnectors(specifier);
  const found = own.length > 0 ? own : await importConnectors(findModule(specifier, folder));
  const wanted = kind ?? (found.some((connector) => connector.kind === 'source') ? 'source' : 'destination');
  const chosen = found.filter((connector) => connector.kind === wanted);
  if (chosen.length > 0) return chosen;
  throw new MillraceError('setup.invalid', {
    detail: `${specifier} declares no ${wanted}.`,
    suggestion: 'Leave --kind out, or choose the other one.',
  });
}

function ownConnectors(id: string): readonly LoadedConnector[] {
  const [source, destination] = [sources.get(id), destinations.get(id)];
  return [
    ...(source ? [{ kind: 'source', definition: source } as const] : []),
    ...(destination ? [{ kind: 'destination', definition: destination } as const] : []),
  ];
}
