import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { payloadCodec } from './payload-codec.js';

const LARGE = Object.fromEntries(
  Array.from({ length: 2_000 }, (_, index) => [
    `a_schema_with_a_long_name.a_table_with_a_long_name_${index}`,
    { lineage: 1, seq: index },
  ]),
);

test('what is large is compressed, and comes back as it was', async () => {
  const payload = defaultPayloadConverter.toPayload(LARGE);
  const [sent] = await payloadCodec.encode([payload]);
  expect(sent?.data?.length).toBeLessThan((payload.data?.length ?? 0) / 5);
  const [received] = await payloadCodec.decode([sent!]);
  expect(defaultPayloadConverter.fromPayload(received!)).toEqual(LARGE);
});

test('what is small stays as it is, for people to read', async () => {
  const payload = defaultPayloadConverter.toPayload({ runId: 'run_1' });
  expect(await payloadCodec.encode([payload])).toEqual([payload]);
  expect(await payloadCodec.decode([payload])).toEqual([payload]);
});
