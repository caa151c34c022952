import { afterAll, describe, test, vi } from 'vitest';
import destination from '../../connectors/destinations/parquet/index.js';
import { describeDestination } from '../../connectors/sdk/testing/index.js';
import { Lake } from '../support/lake.js';
import { type S3Server, WITHOUT_S3, hasS3Server, startS3 } from '../support/s3-server.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const UNCHANGING = 'files are never changed';
const HOLDS_ALL = 'a file holds whatever can be staged';
const notApplicable = {
  ...{ incremental_deduped: UNCHANGING, mirror: UNCHANGING, scd2: UNCHANGING },
  ...{ 'null-field': HOLDS_ALL, 'reject-row': HOLDS_ALL, stop: HOLDS_ALL },
};
const runner = { afterAll, describe, test };
const open: AsyncDisposable[] = [];
afterAll(async () => {
  for (const opened of open.toReversed()) await opened[Symbol.asyncDispose]();
});

describeDestination(
  'parquet, in a folder',
  async () => {
    const lake = await Lake.open();
    open.push(lake);
    return { definition: destination, goodConfig: { root: lake.url }, schema: 'raw', rowsOf: (target) => lake.rows(target) };
  },
  runner,
  { notApplicable: { ...notApplicable, 'wrong-credentials': 'a folder has none' } },
);

async function bucket() {
  const server: S3Server = await startS3();
  open.push(server);
  const lake = await Lake.open(await server.bucket('lake'));
  open.push(lake);
  const config = { root: 's3://lake', ...server.access };
  return {
    definition: destination,
    goodConfig: config,
    badConfig: { ...config, secretAccessKey: 'canary-wrong-secret' },
    schema: 'raw',
    rowsOf: (target: Parameters<Lake['rows']>[0]) => lake.rows(target),
  };
}

if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);
describe.skipIf(!hasS3Server)('with a server for S3', () => {
  describeDestination('parquet, in a bucket', bucket, runner, { notApplicable });
});
