import { type Command, Option } from 'commander';
import { positiveInteger } from './input.js';
import type { ListResult } from './output/output.js';

export interface LimitOption {
  readonly limit: number;
}

export function addLimit(command: Command): Command {
  return command.addOption(new Option('--limit <n>', 'how many to list').argParser(positiveInteger).default(50));
}

export interface DeletedOption {
  readonly deleted?: true;
}

export function addDeleted(command: Command): Command {
  return command.option('--deleted', 'what was deleted and can be restored, instead');
}

/** As the API takes it. */
export function deletedFilter({ deleted }: DeletedOption): { readonly deleted?: 'true' } {
  return deleted === true ? { deleted: 'true' } : {};
}

export interface RemoveOptions {
  readonly yes?: true;
  readonly forever?: true;
}

/** As the API takes it. */
export function forever({ forever: asked }: RemoveOptions): { readonly forever?: 'true' } {
  return asked === true ? { forever: 'true' } : {};
}

/** The first `limit` of a list, and whether there are more. */
export async function take<Item>(items: AsyncIterable<Item>, limit: number): Promise<ListResult<Item>> {
  const taken: Item[] = [];
  for await (const item of items) {
    if (taken.length === limit) return { items: taken, hasMore: true };
    taken.push(item);
  }
  return { items: taken, hasMore: false };
}

/** All of a list, for those that are short. */
export function whole<Item>(items: readonly Item[]): ListResult<Item> {
  return { items, hasMore: false };
}

/** Page size for a limit: what is asked of the API at once. */
export function pageSize(limit: number): number {
  return Math.min(limit + 1, 200);
}
