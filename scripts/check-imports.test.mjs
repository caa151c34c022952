import { describe, expect, test } from 'vitest';
import { importsOf, refusalsOf } from './check-imports.mjs';

describe('the direction of imports', () => {
  test.each([
    ['api/a.ts', "import { x } from '../activities/extract.js';"],
    ['cli/a.ts', "import { x } from '../activities/extract.js';"],
    ['cli/a.ts', "import { x } from '../worker/main.js';"],
    ['platform/a.ts', "import { x } from '../stage/store.js';"],
    ['schema/a.ts', "import type { X } from '../load/plan.js';"],
    ['connectors/sdk/a.ts', "import x from '../sources/postgres/index.js';"],
    ['connectors/sources/a/a.ts', "import { x } from '../../../activities/plan.js';"],
    ['workflows/a.ts', "import { x } from '../activities/extract.js';"],
    ['workflows/a.ts', "import { readFile } from 'node:fs/promises';"],
    ['workflows/a.ts', "import { type X, y } from '../stage/store.js';"],
    ['api/a.ts', "export { x } from '../worker/main.js';"],
    ['api/a.ts', "const x = await import('../worker/main.js');"],
    ['api/a.ts', "import {\n  a,\n  b,\n} from '../workflows/sync.js';"],
  ])('%s: %s is refused', (file, source) => {
    expect(refusalsOf(file, source)).toHaveLength(1);
  });

  test.each([
    ['workflows/a.ts', "import type { X } from '../activities/extract.js';"],
    ['workflows/a.ts', "import { type X, type Y } from '../stage/store.js';"],
    ['workflows/a.ts', "import { proxyActivities } from '@temporalio/workflow';"],
    ['platform/db/store.ts', "import type { RunStatus } from '../../workflows/messages.js';"],
    ['api/a.ts', "import { requestSync } from '../workflows/messages.js';"],
    ['cli/a.ts', "const { startWorker } = await import('../worker/main.js');"],
    ['connectors/sources/a/a.ts', "import { x } from '../../postgres/session.js';"],
    ['load/a.test.ts', "import { x } from '../activities/extract.js';"],
    ['test/a.ts', "import { x } from '../activities/extract.js';"],
  ])('%s: %s is allowed', (file, source) => {
    expect(refusalsOf(file, source)).toEqual([]);
  });
});

test('words in text and comments are no imports', () => {
  expect(importsOf("const text = 'from elsewhere';\n// import nothing from 'here'")).toEqual([]);
});
