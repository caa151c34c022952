/** What `doctor` found out about one thing. */
export interface Finding {
  readonly name: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; absent when it passed. */
  readonly fix?: string;
}

/** A thing to look at. It may throw: that is a failure with what the error says. */
export interface Check {
  readonly name: string;
  run(): Promise<Omit<Finding, 'name'>>;
}

type Result = Omit<Finding, 'name'>;

export const pass = (detail: string): Result => ({ status: 'pass', detail });
export const warn = (detail: string, fix: string): Result => ({ status: 'warn', detail, fix });
export const fail = (detail: string, fix: string): Result => ({ status: 'fail', detail, fix });
