import type { PublishWay } from '../../../schema/sync-plan.js';
import type { TargetPlan, TargetPlanRequest } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { ParquetConfig } from './config.js';
import { requireClaimable } from './owner.js';
import { openRoot } from './root.js';
import { claimOf, refuseUnsupported } from './write.js';

/** A folder has no catalog: nothing is done to it before the rows come. */
export async function planTarget(context: ConnectorContext<ParquetConfig>, request: TargetPlanRequest): Promise<TargetPlan> {
  refuseUnsupported(request);
  await using store = await openRoot(context);
  await requireClaimable(store, claimOf(request));
  return { statements: [], publish: publishWay(request) };
}

function publishWay({ shadow, whole, mode }: TargetPlanRequest): PublishWay {
  if (!shadow) return 'in_place';
  return whole && mode === 'full_refresh_append' && !shadow.replace ? 'append' : 'swap';
}
