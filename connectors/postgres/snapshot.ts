import type { Session } from './session.js';

/** Runs `work` in one read-only snapshot, so that a bound and the rows below it are seen together. */
export async function inSnapshot<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.run('begin isolation level repeatable read read only');
  const result = await work();
  await session.run('commit');
  return result;
}
