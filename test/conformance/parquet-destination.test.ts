import { afterAll, describe, test, vi } from 'vitest';
import destination from '../../connectors/destinations/parquet/index.js';
import { describeDestination } from '../../connectors/sdk/testing/index.js';
import { Lake } from '../support/lake.js';

vi.setConfig({ testTimeout: 120_000 });

let lake: Lake | undefined;
afterAll(() => lake?.[Symbol.asyncDispose]());

describeDestination(
  'parquet, in a folder',
  async () => {
    const opened = await Lake.open();
    lake = opened;
    return {
      definition: destination,
      goodConfig: { root: opened.url },
      schema: 'raw',
      rowsOf: (target) => opened.rows(target),
    };
  },
  { afterAll, describe, test },
  {
    notApplicable: {
      'wrong-credentials': 'a folder has none',
      incremental_deduped: 'files are never changed',
      mirror: 'files are never changed',
      scd2: 'files are never changed',
    },
  },
);
