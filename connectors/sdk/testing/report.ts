import { isMillraceError } from '../../../platform/errors/error.js';

/** What became of one check. */
export interface CheckReport {
  /** Stable: what scripts look for. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly title: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** What was seen; of a failure what was wrong, without secrets. */
  readonly detail: string;
  /** What to do about a failure, or about a check that could not be made. */
  readonly fix?: string;
}

export interface ConformanceReport {
  readonly connector: { readonly id: string; readonly kind: 'source' | 'destination' };
  /** No check failed; some may have been skipped. */
  readonly ok: boolean;
  readonly checks: readonly CheckReport[];
}

/** Thrown by a check: the connector does not do what it must. */
export class CheckFault extends Error {
  constructor(
    detail: string,
    readonly fix: string,
  ) {
    super(detail);
    this.name = 'CheckFault';
  }
}

/** Thrown by a check that cannot be made here. */
export class CheckSkipped extends Error {
  constructor(
    detail: string,
    readonly fix: string,
  ) {
    super(detail);
    this.name = 'CheckSkipped';
  }
}

type Verdict = Pick<CheckReport, 'status' | 'detail' | 'fix'>;

/** What something thrown says of the connector. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof CheckSkipped) return { status: 'skip', detail: error.message, fix: error.fix };
  if (error instanceof CheckFault) return { status: 'fail', detail: error.message, fix: error.fix };
  if (isMillraceError(error)) return { status: 'fail', detail: `${error.code}: ${error.message}`, fix: error.suggestion };
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { status: 'fail', detail, fix: 'Catch it in the connector and throw a MillraceError with a code of the catalogue.' };
}

const MARKS = { pass: '✓', fail: '✗', skip: '–' } as const;

/** A report for people, a line or two a check. */
export function formatReport({ connector, checks }: ConformanceReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ status, name, detail, fix }) => {
    const hint = fix === undefined ? '' : `\n${' '.repeat(width + 4)}→ ${fix}`;
    return `${MARKS[status]} ${name.padEnd(width)}  ${detail}${hint}`;
  });
  return `${connector.kind} ${connector.id}\n${lines.join('\n')}`;
}
