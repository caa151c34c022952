import type { Session } from './session.js';

/** Runs `work` in one read-only snapshot. When it fails the session is not used any more. */
export async function inSnapshot<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.run('start transaction with consistent snapshot, read only');
  const result = await work();
  await session.run('commit');
  return result;
}
