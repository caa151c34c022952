import { literal } from '../../../postgres/sql.js';

/** How the server is asked whether a text is a value of a type: softly from Postgres 16 on, else by trying. */
export type InputCheckKind = 'soft' | 'function';

export interface InputChecks {
  /** Run once in the session. */
  readonly setup: readonly string[];
  /** SQLSTATE of what is wrong with the text in the column reference as a value of the type, or NULL. */
  state(reference: string, type: string): string;
}

export function inputChecks(kind: InputCheckKind, types: readonly string[]): InputChecks {
  return kind === 'soft' ? softChecks() : functionChecks([...new Set(types)]);
}

function softChecks(): InputChecks {
  return {
    setup: [],
    state: (reference, type) =>
      `case when not pg_input_is_valid(${reference}, ${literal(type)}) then (pg_input_error_info(${reference}, ${literal(type)})).sql_error_code end`,
  };
}

/** One function a type: an assignment refuses what is too long, where a cast would cut it. */
function functionChecks(types: readonly string[]): InputChecks {
  const name = (type: string): string => `pg_temp.millrace_state_${types.indexOf(type)}`;
  return {
    setup: types.map(
      (type) =>
        `create or replace function ${name(type)}(value text) returns text language plpgsql as ${literal(
          `declare held ${type}; begin held := value; return null; exception when others then return sqlstate; end`,
        )}`,
    ),
    state: (reference, type) => `${name(type)}(${reference})`,
  };
}
