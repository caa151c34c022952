/**
 * Every workflow of the task queue. Workflow code decides and touches nothing: it imports `@temporalio/workflow`, pure
 * modules and types.
 * @module
 */
export { connection } from './connection.js';
export { check, discover, plan, preview } from './probes.js';
export { sync } from './sync.js';
export { tick } from './tick.js';
export { verify } from './verify.js';
