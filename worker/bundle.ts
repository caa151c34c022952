/**
 * Build step: bundles the workflows once, so that no worker has to do it at its start, and checks that every workflow is there.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { BUNDLE_PATH } from './bundle-path.js';

const workflowsPath = fileURLToPath(new URL('../workflows/index.js', import.meta.url));
const exported = Object.keys((await import(workflowsPath)) as object).toSorted();
const expected = ['check', 'connection', 'discover', 'plan', 'preview', 'sync', 'tick', 'verify'];
if (exported.join() !== expected.join())
  throw new Error(`workflows/index exports ${exported.join()}, expected ${expected.join()}`);

const quiet = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet });
await writeFile(BUNDLE_PATH, code);
