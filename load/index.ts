/**
 * Chooses the plan of a write mode.
 * @module
 */
import type { WriteMode } from '../schema/connection-config.js';
import { planAppend } from './append.js';
import { planDeduped } from './deduped.js';
import { planOverwrite } from './overwrite.js';
import type { Dialect, LoadPlan, LoadShape } from './plan.js';

export function planLoad(mode: WriteMode, shape: LoadShape, dialect: Dialect): LoadPlan {
  switch (mode) {
    case 'full_refresh_overwrite':
      return planOverwrite(shape, dialect);
    case 'incremental_append':
      return planAppend(shape, dialect);
    case 'incremental_deduped':
      return planDeduped(shape, dialect);
  }
}
