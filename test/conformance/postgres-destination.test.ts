import { afterAll, describe, test, vi } from 'vitest';
import { describeDestination } from '../../connectors/sdk/testing/index.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { warehouse } from './support/warehouse.js';

vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase | undefined;
afterAll(() => database?.drop());

describeDestination(
  'postgres',
  async () => {
    database = await freshDatabase('conformance_dst');
    return warehouse(database);
  },
  { afterAll, describe, test },
);
