import type { FieldError } from '../../platform/errors/error.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { ErrorCode } from '../../platform/errors/catalogue.js';
import { type AnswerRef, sweepAnswers, takeAnswer } from '../../stage/answers.js';
import type { Stage } from '../../stage/store.js';

/** As activities write it. */
interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly suggestion: string;
  readonly path?: string;
  readonly stream?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Problem };

/** Reads what workers have answered from the stage, and removes it. */
export class StagedAnswers {
  constructor(private readonly stage: Stage | undefined) {}

  /** @throws MillraceError `preview.unreadable`, or what the worker has found wrong */
  async take<T>(ref: AnswerRef): Promise<T> {
    const answer = await this.read(ref);
    if (answer.ok) return answer.value as T;
    throw errorOf(answer.problem);
  }

  /** What nobody has taken, because who asked is gone. */
  async removeBefore(date: Date): Promise<void> {
    if (this.stage) await sweepAnswers(this.stage, date);
  }

  private async read(ref: AnswerRef): Promise<Answer> {
    if (!this.stage) throw unreadable('MILLRACE_STAGE_URL is not set for the API.');
    try {
      return (await takeAnswer(this.stage, ref)) as Answer;
    } catch (error) {
      throw unreadable(error instanceof Error ? error.message : String(error), error);
    }
  }
}

function errorOf({ code, message, suggestion, path, stream, facts = {} }: Problem): MillraceError {
  const fields = fieldsOf(code, message, facts);
  return new MillraceError(code, {
    ...{ detail: message, suggestion, facts },
    ...(path === undefined ? {} : { path }),
    ...(stream === undefined ? {} : { stream }),
    ...(fields.length > 0 ? { fields } : {}),
  });
}

interface Place {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Where the SQL is wrong: the guard lists all it has found, the engine names the first. */
function fieldsOf(code: ErrorCode, message: string, facts: Readonly<Record<string, unknown>>): readonly FieldError[] {
  const { errors, line, column } = facts;
  if (Array.isArray(errors)) return (errors as Place[]).map((place) => fieldOf('refused_sql', place));
  if (code !== 'transform.failed' || typeof line !== 'number' || typeof column !== 'number') return [];
  return [fieldOf('failed', { message, line, column })];
}

const fieldOf = (code: string, { message, line, column }: Place): FieldError => ({ path: 'sql', code, message, line, column });

function unreadable(detail: string, cause?: unknown): MillraceError {
  return new MillraceError('preview.unreadable', { detail, cause });
}
