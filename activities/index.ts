/**
 * The steps of a run as Temporal activities: thin shells around extract, stage, transform, load and checkpoint.
 * @module
 */
import type { Activities } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { createExtract } from './extract.js';
import { createExtractTogether } from './extract-together.js';
import { createFinish } from './finish.js';
import { createLoad } from './load.js';
import { createLocate } from './locate.js';
import { createPlanRun } from './plan-run.js';
import { createPrepare } from './prepare.js';
import { createPreview } from './preview.js';
import { createCheck, createDiscover } from './probe.js';
import { createRecordStateChange, createRecordStreams } from './record.js';
import { createRecover } from './recover.js';
import { createTransform } from './transform.js';
import { createEndVerification, createVerify } from './verify.js';

/** Those that need no Temporal client of their own. */
export type DataActivities = Omit<Activities, 'requestScheduledSync' | 'tripBreaker' | 'closeBreaker'>;

export function createActivities(dependencies: ActivityDependencies): DataActivities {
  return {
    prepare: createPrepare(dependencies),
    extract: createExtract(dependencies),
    extractTogether: createExtractTogether(dependencies),
    transform: createTransform(dependencies),
    load: createLoad(dependencies),
    locate: createLocate(dependencies),
    verify: createVerify(dependencies),
    endVerification: createEndVerification(dependencies),
    finish: createFinish(dependencies),
    recordStreams: createRecordStreams(dependencies),
    recover: createRecover(dependencies),
    recordStateChange: createRecordStateChange(dependencies),
    check: createCheck(dependencies),
    discover: createDiscover(dependencies),
    planRun: createPlanRun(dependencies),
    preview: createPreview(dependencies),
  };
}
