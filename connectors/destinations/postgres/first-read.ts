import { planAppend } from '../../../load/append.js';
import type { LoadPlan } from '../../../load/plan.js';
import type { Session } from '../../postgres/session.js';
import type { LoadRequest } from '../../sdk/destination.js';
import { dialect } from './dialect.js';
import type { Work, Written } from './rows/careful.js';
import { UNIQUE_VIOLATION } from './rows/data-error.js';

type Write = (work: Work) => Promise<Omit<Written, 'rejected' | 'rejects'>>;

/**
 * The first read of a stream by key brings each key once, and nearly always into a table that has none of them: its rows are
 * copied to where they belong, without a batch to compare. The key's index says if one is there, and then they are merged.
 */
export async function copyOrMerge(session: Session, request: LoadRequest, work: Work, write: Write): ReturnType<Write> {
  if (!isFirstRead(request)) return write(work);
  const direct: LoadPlan = planAppend(work.shape, dialect);
  await session.run('savepoint millrace_direct');
  try {
    const written = await write({ ...work, plan: direct });
    await session.run('release savepoint millrace_direct');
    return written;
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    await session.run('rollback to savepoint millrace_direct');
    return write(work);
  }
}

function isFirstRead({ mode, uniqueKey, from }: LoadRequest): boolean {
  return mode === 'incremental_deduped' && uniqueKey && (from.kind === 'start' || from.kind === 'scan');
}
