/**
 * Chooses the plan of a write mode.
 * @module
 */
import type { WriteMode } from '../schema/connection-config.js';
import { planAppend } from './append.js';
import { planDeduped } from './deduped.js';
import { HISTORY_COLUMNS, planHistorySlice } from './history.js';
import { DELETED_AT } from './mirror.js';
import { planOverwrite } from './overwrite.js';
import { type Dialect, type LoadColumn, type LoadPlan, type LoadShape, systemColumns } from './plan.js';

export function planLoad(mode: WriteMode, shape: LoadShape, dialect: Dialect): LoadPlan {
  switch (mode) {
    case 'full_refresh_overwrite':
    case 'full_refresh_append':
      return planOverwrite(shape, dialect);
    case 'incremental_append':
      return planAppend(shape, dialect);
    case 'incremental_deduped':
      return planDeduped(shape, dialect);
    case 'mirror':
      return planKeyedShadow(shape, dialect);
    case 'scd2':
      return shape.whole ? planKeyedShadow(shape, dialect) : planHistorySlice(shape, dialect);
  }
}

/** Where the source may bring a key twice, the shadow keeps the row that arrived last. */
const planKeyedShadow = (shape: LoadShape, dialect: Dialect): LoadPlan =>
  shape.uniqueKey ? planOverwrite(shape, dialect) : planDeduped(shape, dialect);

/** A table as a mode needs it. */
export interface TableShape {
  readonly columns: readonly LoadColumn[];
  readonly primaryKey: readonly string[];
  /** Among current versions a key occurs once. */
  readonly currentKey: readonly string[];
}

/** What the mode's target looks like. */
export function targetTable(mode: WriteMode, shape: LoadShape, deletes: 'hard' | 'soft'): TableShape {
  const columns = [...shape.columns, ...systemColumns(shape)];
  if (mode === 'scd2') return { columns: [...columns, ...HISTORY_COLUMNS], primaryKey: [], currentKey: shape.primaryKey };
  const marks = mode === 'mirror' && deletes === 'soft' ? [DELETED_AT] : [];
  return { columns: [...columns, ...marks], primaryKey: shape.primaryKey, currentKey: [] };
}

/** What slices of a whole read are collected in. */
export function shadowTable(shape: LoadShape): TableShape {
  const primaryKey = shape.uniqueKey ? [] : shape.primaryKey;
  return { columns: [...shape.columns, ...systemColumns(shape)], primaryKey, currentKey: [] };
}
