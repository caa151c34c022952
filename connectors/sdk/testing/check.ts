/** One thing that a connector must do. It returns what was seen, and throws what was wrong. */
export interface ConformanceCheck<Session> {
  readonly name: string;
  readonly title: string;
  /** Checks without which this one says nothing: when one of them failed, it is skipped. */
  readonly needs?: readonly string[];
  run(session: Session): Promise<string>;
}
