import { quoteList } from './quote.js';

/**
 * Ends an engine's access to everything outside it but `paths`, for good: run these, in this order, before SQL that a user
 * wrote and after everything that needs a file or a setting. No directory stays allowed; spilling to its temp folder goes on.
 */
export function lockStatements(paths: readonly string[] = []): readonly string[] {
  return [
    `set allowed_directories = []`,
    `set allowed_paths = ${quoteList(paths)}`,
    `set enable_external_access = false`,
    `set lock_configuration = true`,
  ];
}
