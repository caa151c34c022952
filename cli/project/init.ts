/**
 * `millrace init`: a project to begin with, in at most eight files.
 * @module
 */
import { readFileSync } from 'node:fs';
import { millraceVersion } from '../../platform/config/version.js';
import { packageFile } from '../../platform/config/package-file.js';
import { MillraceError } from '../../platform/errors/error.js';
import { didYouMean } from '../names/did-you-mean.js';
import type { SystemKind } from './files/read-project.js';
import { PROJECT_FILE } from './files/file-schemas.js';
import { type FileSet, envExample, yamlText } from './files/write-files.js';
import { type JsonSchema, sampleConfig } from './sample-config.js';

export interface NewProject {
  readonly folder: string;
  readonly name: string;
  /** Ids of connectors. */
  readonly source: string;
  readonly destination: string;
}

export interface Template {
  readonly files: FileSet;
  readonly variables: readonly string[];
}

/** @throws MillraceError `connector.unknown` */
export function projectTemplate({ folder, name, ...ids }: NewProject): Template {
  const variables = new Map<string, string>();
  const [source, destination] = (['source', 'destination'] as const).map((kind) => systemOf(kind, ids[kind], variables));
  if (!source || !destination) throw new RangeError('two systems are needed');
  const main = {
    name,
    sources: { [source.name]: source.entry },
    destinations: { [destination.name]: destination.entry },
    connections: 'connections/*.yaml',
  };
  const path = `connections/${source.name}-to-${destination.name}.yaml`;
  const connection = {
    source: source.name,
    destination: destination.name,
    schedule: { type: 'interval', every: '1h' },
    streams: [{ name: source.stream, mode: 'full_refresh_overwrite' }],
  };
  const files = new Map([
    [PROJECT_FILE, yamlText('millrace', { folder, path: PROJECT_FILE }, main)],
    [path, yamlText('connection', { folder, path }, connection)],
    ['.env.example', envExample(variables)],
    ['.gitignore', '.env\n.millrace/\nnode_modules/\nplan.json\n'],
    ['.github/workflows/millrace.yml', workflow([...variables.keys()])],
  ]);
  return { files, variables: [...variables.keys()] };
}

interface NewSystem {
  readonly name: string;
  readonly entry: object;
  /** A stream that it might have. */
  readonly stream: string;
}

/** How streams are named there that `sampleConfig` does not name. */
const USUAL_STREAMS: Readonly<Record<string, string>> = { mysql: 'shop.orders' };
const USUAL_NAMES: Readonly<Record<SystemKind, string>> = { source: 'crm', destination: 'warehouse' };

function systemOf(kind: SystemKind, connector: string, variables: Map<string, string>): NewSystem {
  const name = kind === 'source' && connector !== 'postgres' ? connector : USUAL_NAMES[kind];
  const config = sampleConfig(configSchema(kind, connector), name, (variable, field) => {
    variables.set(variable, `${field} of the ${kind} ${name}: millrace connectors show ${connector}`);
  });
  const [stream] = (config['streams'] ?? []) as readonly { readonly name?: string }[];
  return { name, entry: { connector, config }, stream: stream?.name ?? USUAL_STREAMS[connector] ?? 'public.orders' };
}

/** The connectors of this build are in the schema that comes with it. */
function configSchema(kind: SystemKind, connector: string): JsonSchema {
  const schema = JSON.parse(readFileSync(packageFile('docs/schema/millrace.schema.json'), 'utf8')) as {
    readonly $defs: Readonly<Record<string, JsonSchema>>;
  };
  const found = schema.$defs[`${kind}-${connector}`];
  if (found) return found;
  const known = Object.keys(schema.$defs).flatMap((key) => (key.startsWith(`${kind}-`) ? [key.slice(kind.length + 1)] : []));
  throw new MillraceError('connector.unknown', {
    detail: `There is no ${kind} connector ${connector}.`,
    suggestion: didYouMean(connector, known) ?? `There are: ${known.join(', ')}.`,
  });
}

/** Pull requests show the plan; what is merged is applied. */
function workflow(variables: readonly string[]): string {
  const all = ['MILLRACE_URL', 'MILLRACE_API_KEY', ...variables];
  const run = `npx --yes millrace@${millraceVersion()}`;
  return `name: millrace
on:
  pull_request:
  push:
    branches: [main]
concurrency: millrace
env:
${all.map((name) => `  ${name}: \${{ secrets.${name} }}`).join('\n')}
jobs:
  plan:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - run: ${run} plan
  apply:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - run: ${run} apply --auto-approve
`;
}
