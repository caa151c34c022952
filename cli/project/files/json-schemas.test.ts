import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connectorViews } from '../../../api/connectors/connector-view.js';
import { connectionJsonSchema, projectJsonSchema, schemaText } from './json-schemas.js';

const committed = (name: string): Promise<string> => readFile(new URL(`../../../docs/schema/${name}`, import.meta.url), 'utf8');
const PROJECT = projectJsonSchema(connectorViews().filter(({ origin }) => origin.package === 'millrace'));

test('the committed schemas are what the code makes: npm run docs', async () => {
  expect(await committed('millrace.schema.json')).toBe(schemaText(PROJECT));
  expect(await committed('connection.schema.json')).toBe(schemaText(connectionJsonSchema()));
});

describe('an editor that checks by them', () => {
  const connection = z.fromJSONSchema(connectionJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const base = { source: 'crm', destination: 'warehouse', streams: [{ name: 'a', mode: 'mirror' }] };

  test('takes a connection, and variables wherever values stand', () => {
    expect(connection.safeParse(base).success).toBe(true);
    const open = { ...base, pauseAfterFailures: '${FAILURES}', schedule: { type: 'interval', every: '${EVERY:-1h}' } };
    expect(connection.safeParse(open).success).toBe(true);
  });

  test('refuses what apply would refuse', () => {
    for (const wrong of [
      { ...base, mood: 1 },
      { ...base, pauseAfterFailures: 'many' },
      { ...base, streams: [{ name: 'a', mode: 'x' }] },
    ])
      expect(connection.safeParse(wrong).success).toBe(false);
  });

  test('knows the configuration of each connector, and lets no secret stand in clear', () => {
    const { $defs } = PROJECT as { $defs: Record<string, { properties: Record<string, object> }> };
    expect(Object.keys($defs)).toEqual([
      'source-files',
      'source-mysql',
      'source-postgres',
      'destination-parquet',
      'destination-postgres',
    ]);
    const url = z.fromJSONSchema($defs['source-postgres']?.properties['url'] as Parameters<typeof z.fromJSONSchema>[0]);
    const takes = (value: unknown): boolean => url.safeParse(value).success;
    for (const value of ['${CRM_URL}', 'env:CRM_URL', 'file:/run/secrets/crm', { ref: 'vault:crm' }])
      expect(takes(value)).toBe(true);
    for (const value of ['postgresql://u:p@h/db', 'x${CRM_URL}', '${CRM_URL:-secret}', {}]) expect(takes(value)).toBe(false);
  });
});
