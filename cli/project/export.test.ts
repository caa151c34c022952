import { afterEach, beforeEach, expect, test } from 'vitest';
import { isMillraceError } from '../../platform/errors/error.js';
import { EMPTY, after, compareFolder, writeProject } from '../../test/support/project.js';
import { type TempHome, tempHome } from '../../test/support/temp-home.js';
import type { Existing } from './existing.js';
import { type Exported, exportFiles, selectExisting } from './export.js';

let home: TempHome;
beforeEach(async () => {
  home = await tempHome('export');
});
afterEach(() => home[Symbol.asyncDispose]());

const SQL = `select id, '\${id}' as text, amount
  -- a comment: with # and "quotes"
from input`;

/** Everything that can be written in a file, and is awkward to write. */
function everything(): Existing {
  writeProject(home.path, {
    'millrace.yaml': `name: shop
sources:
  crm: { connector: postgres, config: { url: "\${URL}", ssl: require }, labels: { team: sales, note: "$\${HOME}" } }
  by reference: { connector: postgres, config: { host: db, password: env:CRM_PASSWORD } }
  vault: { connector: postgres, config: { url: { ref: "vault:crm#url" } } }
destinations:
  crm: { connector: postgres, config: { url: "\${URL}", schema: "007" } }
`,
    'connections/a.yaml': `name: CRM → crm (nightly)
source: crm
destination: crm
schedule: { type: cron, cron: "0 3 * * *", timezone: Europe/Berlin, jitter: 5m, overlap: queue }
limits: { parallelStreams: 2, duration: 30m }
pauseAfterFailures: 0
targetNames: { schema: "raw_{schema}" }
labels: { "yes": "no" }
streams:
  - name: public.orders
    mode: incremental_deduped
    cursorField: updated_at
    primaryKey: [id, line]
    sql: |
${SQL.replace('${', () => '$${').replaceAll(/^/gm, '      ')}
    filter: [{ field: amount, is: ">", value: 0 }, { field: deleted, is: "null" }]
    lag: 5m
  - { name: public.customers, mode: mirror, deletes: soft, columns: { exclude: [note] } }
`,
    'connections/b.yaml':
      'name: crm crm NIGHTLY\nsource: by reference\ndestination: crm\nstreams: [{ name: s.a, mode: mirror }]\n',
    'connections/c.yaml': 'name: crm_crm nightly\nsource: crm\ndestination: crm\nstreams: [{ name: s.b, mode: scd2 }]\n',
  });
  const found = compareFolder(home.path, EMPTY, { environment: { URL: 'postgresql://u:p@h/d' } });
  expect(found).toMatchObject({ mistakes: [], problems: [] });
  return after(EMPTY, found);
}

function exported(existing: Existing, name?: string): Exported {
  const names = new Map(existing.systems.map((system) => [system.id, system.name]));
  return exportFiles(existing, { folder: '/srv/copy', names, ...(name !== undefined && { name }) });
}

test('what is exported and read again is what is there', () => {
  const existing = everything();
  const { project, files, variables } = exported(existing);
  expect({ project, variables }).toEqual({ project: 'shop', variables: ['CRM_SOURCE_URL', 'CRM_DESTINATION_URL'] });
  writeProject(home.path, Object.fromEntries(files));
  const environment = Object.fromEntries(variables.map((name) => [name, 'postgresql://u:p@h/d']));
  expect(compareFolder(home.path, existing, { environment })).toMatchObject({ steps: [], mistakes: [], problems: [] });
});

test('files are brief, carry the line for editors, and have names of their own', () => {
  const { files } = exported(everything());
  expect([...files.keys()]).toEqual([
    'millrace.yaml',
    'connections/crm-crm-nightly.yaml',
    'connections/crm-crm-nightly-2.yaml',
    'connections/crm_crm-nightly.yaml',
    '.env.example',
  ]);
  expect(files.get('connections/crm_crm-nightly.yaml'))
    .toBe(`# yaml-language-server: $schema=../node_modules/millrace/docs/schema/connection.schema.json
name: crm_crm nightly
source: crm
destination: crm
streams:
  - name: s.b
    mode: scd2
`);
  expect(files.get('millrace.yaml')).toContain('password: env:CRM_PASSWORD');
  expect(files.get('millrace.yaml')).toContain('ref: vault:crm#url');
  expect([...files.values()].join()).not.toContain('millrace/project');
});

test('what another project has made is told; only what one has made can be chosen', () => {
  const existing = everything();
  expect(exported(existing, 'other').warnings).toEqual([expect.stringContaining('belongs to the project shop')]);
  const [first] = existing.connections;
  const one = selectExisting(existing, { ids: [first?.id ?? ''] });
  expect(one.connections).toEqual([first]);
  expect(one.systems.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual(['destination crm', 'source crm']);
  expect(selectExisting(existing, { project: 'other' })).toEqual({ systems: [], connections: [] });
});

test('two of one name cannot be told from each other in files', () => {
  const existing = everything();
  const twin = { ...existing.systems[0], id: 'twin' } as Existing['systems'][number];
  expect(() => exported({ ...existing, systems: [...existing.systems, twin] })).toThrow(
    expect.toSatisfy((error) => isMillraceError(error, 'project.conflict')),
  );
});
