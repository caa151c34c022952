import { setTimeout as wait } from 'node:timers/promises';
import type { ConformanceCheck } from './check.js';
import { CheckFault, type CheckReport, type ConformanceReport, verdictOf } from './report.js';

const LEFT_MS = 2_000;

/** What a suite asks of its session. */
export interface SuiteSession extends AsyncDisposable {
  signal: AbortSignal;
  readonly limits: { readonly checkMs: number };
  heard(error: unknown): void;
  hidden(text: string): string;
}

/** Runs checks one by one over one session, and remembers what became of them. */
export class Suite<Session extends SuiteSession> implements AsyncDisposable {
  readonly #left: Promise<unknown>[] = [];
  readonly #reports = new Map<string, CheckReport>();
  #session: Promise<Session> | undefined;

  constructor(
    readonly checks: readonly ConformanceCheck<Session>[],
    private readonly open: () => Promise<Session>,
  ) {}

  /** What was left behind may still be writing where the session works: it was told to stop, and is given a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    const moment = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#left),
      wait(LEFT_MS, undefined, { signal: moment.signal }).catch(() => undefined),
    ]);
    moment.abort();
    await (await this.#session)?.[Symbol.asyncDispose]();
  }

  /** Runs every check, in order. */
  async report(connector: ConformanceReport['connector'], told: (check: CheckReport) => void): Promise<ConformanceReport> {
    const reports: CheckReport[] = [];
    for (const check of this.checks) {
      const report = await this.run(check);
      reports.push(report);
      told(report);
    }
    return { connector, ok: reports.every(({ status }) => status !== 'fail'), checks: reports };
  }

  /** Runs a check, after those that it needs. */
  async run(check: ConformanceCheck<Session>): Promise<CheckReport> {
    const known = this.#reports.get(check.name);
    if (known) return known;
    this.#session ??= this.open();
    const report = (await this.#withoutNeeds(check)) ?? (await this.#made(check, await this.#session));
    this.#reports.set(check.name, report);
    return report;
  }

  async #withoutNeeds({ name, title, needs = [] }: ConformanceCheck<Session>): Promise<CheckReport | undefined> {
    for (const need of needs) {
      const needed = this.checks.find((check) => check.name === need);
      const status = needed && (await this.run(needed)).status;
      if (status === 'fail')
        return { name, title, status: 'skip', detail: `It needs ${need}, which fails.`, fix: `Mend ${need} first.` };
      if (status === 'skip') return { name, title, status, detail: `It needs ${need}, which was skipped.`, fix: `See ${need}.` };
    }
    return undefined;
  }

  async #made({ name, title, run }: ConformanceCheck<Session>, session: Session): Promise<CheckReport> {
    const late = new AbortController();
    session.signal = late.signal;
    const work = run(session);
    try {
      const detail = await inTime(work, late, session.limits.checkMs);
      return { name, title, status: 'pass', detail: session.hidden(detail) };
    } catch (error) {
      this.#left.push(work);
      session.heard(error);
      const verdict = verdictOf(error);
      return { name, title, ...verdict, detail: session.hidden(verdict.detail) };
    }
  }
}

/** What a check that hangs waits for is told to stop; a connector that does not listen is left behind. */
async function inTime<T>(work: Promise<T>, late: AbortController, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const fault = new CheckFault(`It did not end within ${ms} ms.`, 'Give every request and query a timeout of its own.');
      late.abort(fault);
      reject(fault);
    }, ms);
  });
  work.catch(() => undefined); // it may fail after nobody waits any more
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
