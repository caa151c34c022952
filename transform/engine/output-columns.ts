import type { StagedColumn } from '../../connectors/sdk/destination.js';
import type { NativeType } from '../../schema/types.js';
import { outputType } from './output-types.js';
import type { OutputColumn } from './protocol.js';

export interface OutputShape {
  readonly input: readonly StagedColumn[];
  /** DuckDB types of the input columns as the SQL saw them. */
  readonly inputTypes: readonly string[];
  readonly output: readonly OutputColumn[];
  /** Output column → input column, in lower case, of the columns that were only passed on. */
  readonly passedThrough: ReadonlyMap<string, string>;
}

/**
 * What the columns of a result mean. A column that was passed on is the input column, under its new name if it has one. A
 * computed column that keeps name and DuckDB type of an input column keeps its meaning too, because text is all that SQL
 * sees of an inet or an interval; but not what the source promised of its values: lengths, enum labels. Everything else
 * means what its DuckDB type says.
 */
export function outputColumns(shape: OutputShape): StagedColumn[] {
  const inputs = new Map(
    shape.input.map((column, index) => [column.column.toLowerCase(), { column, type: shape.inputTypes[index] ?? column.stage }]),
  );
  return shape.output.map(({ name, type }) => {
    const origin = shape.passedThrough.get(name.toLowerCase());
    const input = inputs.get(origin ?? name.toLowerCase());
    if (input?.type !== type) return computed(name, type);
    return origin === undefined ? meaningKept(input.column, name, type) : passed(input.column, name, type);
  });
}

function passed(column: StagedColumn, name: string, type: string): StagedColumn {
  return { ...column, name: name === column.column ? column.name : name, column: name, stage: type };
}

function meaningKept(column: StagedColumn, name: string, type: string): StagedColumn {
  const { native, ...rest } = passed(column, name, type);
  const kept = native && !promises(native) && column.type !== 'string' ? { native } : {};
  return { ...rest, nullable: true, ...kept };
}

/** `character varying(20)`, `timestamp(0)`, an enum: a computed value may break what the type says. */
function promises(native: NativeType): boolean {
  return native.definition !== undefined || (/\(/.test(native.type) && !/^(numeric|decimal)\b/.test(native.type));
}

function computed(name: string, duckDbType: string): StagedColumn {
  const { type, stage, native } = outputType(duckDbType);
  return { name, column: name, type, stage, nullable: true, ...(native ? { native } : {}) };
}
