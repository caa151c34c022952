import type { TransformJob } from './protocol.js';
import { runJob } from './job.js';

/**
 * Entry of the child process: one job at a time, answered with one message. It dies with its parent: when the channel
 * closes there is nobody left to answer, and a statement may be running that nothing else would end.
 * @module
 */

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// a terminal sends these to the whole group; only the parent decides when this process ends
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

process.on('message', (job: TransformJob) => {
  void runJob(job).then((result) => process.send?.(result));
});
process.send?.('ready');
