import { UNIQUE_VIOLATION } from './rows/data-error.js';

/**
 * Whether another session has made the same schema or type a moment before. `if not exists` asks what the server has cached
 * for this session, and that is made anew when a transaction begins, not when a lock was waited for: the next one sees it.
 */
export function isCatalogRace(error: unknown): boolean {
  const { code, schema } = error as { readonly code?: string; readonly schema?: string };
  return code === UNIQUE_VIOLATION && schema === 'pg_catalog';
}
