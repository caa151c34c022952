import type { StreamConfig, WriteMode } from './connection-config.js';

/** Whether every run reads all of the stream. A history that is kept by a cursor reads what has changed; without one it compares all. */
export const readsWhole = ({ mode, cursorField }: Pick<StreamConfig, 'mode' | 'cursorField'>): boolean =>
  mode.startsWith('full_refresh') || mode === 'mirror' || (mode === 'scd2' && cursorField === undefined);

/** Whether the mode keeps one row, or one current version, per key. */
export const isKeyed = (mode: WriteMode): boolean => mode === 'incremental_deduped' || mode === 'mirror' || mode === 'scd2';
