import knex from 'knex';
import type { OpenAPIObject } from '@nestjs/swagger';
import { createServices } from '../api-services.js';
import { SearchAttributes } from '../engine/search-attributes.js';
import { TemporalLink } from '../engine/temporal-link.js';
import { StagedAnswers } from '../previews/staged-answers.js';
import { RejectFiles } from '../rejects/reject-files.js';
import { UploadFiles } from '../uploads/upload-files.js';
import { createApp } from '../server.js';
import { loadSettings } from '../../platform/config/settings.js';
import { createLogger } from '../../platform/logger/logger.js';
import { openSecrets } from '../../platform/secrets/secrets.js';

/** The document without database and Temporal: the routes are described, none is called. */
export async function offlineDocument(): Promise<OpenAPIObject> {
  const link = new TemporalLink({ address: '127.0.0.1:1', namespace: 'default', taskQueue: 'none', useEnvironment: false });
  const db = knex({ client: 'pg' });
  const log = createLogger({ level: 'error' });
  const services = createServices({
    db,
    link,
    attributes: new SearchAttributes(link, () => undefined),
    secrets: openSecrets(Buffer.alloc(32), loadSettings({})),
    restoreWindowMs: loadSettings({}).restoreWindowMs,
    temporalUiUrl: undefined,
    workerState: undefined,
    rejectFiles: new RejectFiles(undefined),
    uploads: new UploadFiles(undefined),
    answers: new StagedAnswers(undefined),
    closing: new AbortController().signal,
    log,
    watching: loadSettings({}),
  });
  const app = await createApp(services, log);
  const { document } = services.openApi;
  await Promise.all([app.close(), db.destroy(), link.close()]);
  if (!document) throw new Error('the application made no document');
  return document;
}

/** As it is committed in docs/openapi.json. */
export function documentText(document: OpenAPIObject): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
