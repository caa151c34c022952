/**
 * A process that stays and copies a table whole each time it is told to; told and answering by messages.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DataActivities, createActivities } from '../../activities/index.js';
import { loadSettings } from '../../platform/config/settings.js';
import type { ConnectionPlan, MetadataStore } from '../../platform/db/store.js';
import { openTrustedEngine } from '../../platform/duckdb/engine.js';
import { SecretProviders } from '../../platform/secrets/providers.js';
import { runOptionsOf, streamsConfigSchema } from '../../schema/connection-config.js';
import { openStage } from '../../stage/store.js';
import type { Ends } from '../support/database.js';
import { runOnce } from './pipeline.js';

export interface CopyOrder extends Ends {
  readonly table: string;
  readonly target: string;
}

export interface Copied {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly slices: number;
}

const ID = 'con_plainscript';
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

const home = await mkdtemp(join(tmpdir(), 'millrace-plain-'));
const engine = await openTrustedEngine({ tempDirectory: home });
let runs = 0;

process.on('message', (order: CopyOrder) => void copy(order).then((copied) => process.send!(copied)));
process.on('disconnect', () => void close());
process.send!('ready');

async function copy(order: CopyOrder): Promise<Copied> {
  const activities = activitiesFor(order);
  const number = ++runs;
  const ids = { workspaceId: 'wsp_plainscript', connectionId: ID, runId: `run_plain${number}`, workflowId: `plain/${number}` };
  const begun = performance.now();
  const before = process.cpuUsage();
  const slices = await runOnce(activities, { ...ids, number, epoch: number, trigger: 'manual' });
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - begun, cpuSeconds: (user + system) / 1e6, slices };
}

function activitiesFor(order: CopyOrder): DataActivities {
  const stage = openStage(pathToFileURL(join(home, 'stage')).href);
  const store = storeOf(planOf(order));
  const { sliceBytes } = loadSettings({});
  return createActivities({ store, stage, engine, log: SILENT, sliceBytes, secrets: new SecretProviders([]) });
}

function planOf({ table, target, source, destination }: CopyOrder): ConnectionPlan {
  const end = (name: string, url: string) => ({ id: name, name, connector: 'postgres', config: { url } });
  return {
    ...runOptionsOf({}),
    ...{ id: ID, workspaceId: 'wsp_plainscript', name: 'plain', version: 1, paused: false, tripped: null },
    schedule: { type: 'manual' },
    streams: streamsConfigSchema.parse([{ name: table, mode: 'full_refresh_overwrite', target: { table: target } }]),
    ...{ source: end('source', source), destination: end('destination', destination) },
  };
}

/** No metadata: it is not kept. */
function storeOf(plan: ConnectionPlan): MetadataStore {
  const nothing = async (): Promise<void> => undefined;
  return {
    loadConnection: async () => plan,
    loadEnds: async () => plan,
    ...{ recordRun: nothing, recordStreams: nothing, recordSchema: nothing, log: () => undefined, flushLogs: nothing },
    schemaVersions: async () => [],
  } as unknown as MetadataStore;
}

async function close(): Promise<void> {
  await engine.close();
  await rm(home, { recursive: true, force: true });
}
