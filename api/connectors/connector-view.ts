import { z } from 'zod';
import { type AnyDestination, type AnySource, destinations, originOf, sources } from '../../connectors/registry.js';
import { WRITE_MODES } from '../../schema/connection-config.js';

const jsonSchema = z.record(z.string(), z.unknown()).describe('JSON Schema of `config`; secret fields have `secret: true`.');

export const connectorSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['source', 'destination']),
    title: z.string(),
    stability: z.enum(['stable', 'beta', 'alpha']),
    origin: z
      .object({ package: z.string(), version: z.string() })
      .describe('The package that it comes from: `millrace` itself, or one of somebody else.'),
    modes: z.array(z.enum(WRITE_MODES)).describe('Connections with another mode are refused.'),
    refuses: z
      .array(z.enum(['window', 'quarantine']))
      .optional()
      .describe('Of destinations: `window` for backfills of appended tables, `quarantine` for that schema policy.'),
    cursor: z.enum(['field', 'source']).optional().describe('Of sources: who knows how far a stream was read.'),
    guarantee: z
      .enum(['transactional', 'idempotent', 'at_least_once'])
      .optional()
      .describe('Of destinations: what holds when a load is repeated.'),
    config: jsonSchema,
  })
  .meta({ id: 'Connector' });

export type ConnectorView = z.infer<typeof connectorSchema>;

/** The connectors of this build: a system that can be read and written has two of one id. */
export function connectorViews(kind?: ConnectorView['kind']): readonly ConnectorView[] {
  const all = [...[...sources.values()].map(sourceView), ...[...destinations.values()].map(destinationView)];
  return all.filter((connector) => kind === undefined || connector.kind === kind);
}

function sourceView(source: AnySource): ConnectorView {
  return { ...infoView(source), kind: 'source', modes: [...WRITE_MODES], cursor: source.cursor ?? 'field' };
}

function destinationView(destination: AnyDestination): ConnectorView {
  const { guarantee, modes = WRITE_MODES, refuses = [] } = destination;
  return { ...infoView(destination), kind: 'destination', guarantee, modes: [...modes], refuses: [...refuses] };
}

function infoView(connector: AnySource | AnyDestination): Omit<ConnectorView, 'kind' | 'modes'> {
  const { id, title, stability, config } = connector;
  return {
    id,
    title,
    stability,
    origin: originOf(connector),
    config: jsonSchemaOf(config),
  };
}

const jsonSchemas = new WeakMap<z.ZodType, Record<string, unknown>>();

/** Schemas do not change while the process lives, and take milliseconds to convert. */
function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const known = jsonSchemas.get(schema);
  if (known) return known;
  const converted = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  jsonSchemas.set(schema, converted);
  return converted;
}
