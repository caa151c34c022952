import type { Session } from './session.js';

/** Ends every statement of a session that takes longer; `connector.transient` says so. */
export function limitTime(session: Session, seconds: number): Promise<void> {
  const setting = session.isMariadb ? `max_statement_time = ${seconds}` : `max_execution_time = ${1000 * seconds}`;
  return session.run(`set session ${setting}`);
}
