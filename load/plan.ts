/**
 * What a write mode does to a destination, as plain data: pure, so that every statement can be looked at and golden-tested.
 * The destination's shell runs it inside the one transaction that also holds the ledger row (I2).
 * @module
 */
import type { Target } from '../schema/types.js';

export interface LoadColumn {
  readonly name: string;
  /** Type in the destination, with modifiers. */
  readonly type: string;
}

export interface LoadShape {
  /** The table that the slice goes into: the stream's target or its shadow. */
  readonly target: Target;
  /** The stream's columns, without system columns. */
  readonly columns: readonly LoadColumn[];
  /** Empty in modes without a key. */
  readonly primaryKey: readonly string[];
  /** Every run reads all of the stream, into a shadow. */
  readonly whole: boolean;
  /** The source holds each key once, so a slice does too. */
  readonly uniqueKey: boolean;
  readonly cursor?: LoadColumn;
  readonly dedup: 'newest_wins' | 'last_load_wins';
  /** Values that do not fit may be left out, which each row says of itself in `_millrace_changes` (I7). */
  readonly notesChanges?: boolean;
  readonly run: number;
  /** RFC 3339, UTC. */
  readonly extractedAt: string;
  /** One moment for the whole run, by the destination's clock, later than that of every run before; RFC 3339, UTC. */
  readonly asOf: string;
}

export interface LoadPlan {
  /** Where the slice's rows are copied to. */
  readonly into: 'target' | 'shadow' | 'batch';
  /** Run before the copy. */
  readonly before: readonly string[];
  /** Relation for COPY, quoted. */
  readonly relation: string;
  /** Columns for COPY, unquoted, in order: the stream's own, then the system columns where the file must carry them. */
  readonly copyColumns: readonly string[];
  /** Each takes rows out of the batch that give way to others; its row count is what was superseded. */
  readonly supersede: readonly string[];
  /** Make room in the target for what the merge brings. */
  readonly retire: readonly string[];
  /** Turns the copied rows into the mode's result; its row count is what was loaded. Absent: what was copied was loaded. */
  readonly merge?: string;
}

/** One statement of putting a shadow's rows into a target that stays; its row count is the effect. */
export interface PublishStep {
  readonly effect: 'inserted' | 'updated' | 'deleted' | 'ended';
  readonly sql: string;
}

/** How a destination writes SQL. */
export interface Dialect {
  identifier(name: string): string;
  literal(text: string): string;
  /** A comparable form of the cursor column, e.g. text by bytes. */
  comparable(reference: string, type: string): string;
  /** Condition for two values of one type that are not exactly the same; NULL is a value here. */
  differs(left: string, right: string, type: string): string;
}

/** A column that Millrace adds to a target. */
export interface SystemColumn extends LoadColumn {
  /** The same for every row of a slice; absent where each row has its own, NULL unless there is something to say. */
  readonly value?: string;
}

/** What was left out of a row: `[{field, change, reason}]`, NULL when nothing was. */
export const CHANGES_COLUMN: SystemColumn = { name: '_millrace_changes', type: 'jsonb' };

/** Columns that Millrace adds to every target, with their values for a slice. */
export function systemColumns(shape: Pick<LoadShape, 'run' | 'extractedAt' | 'notesChanges'>): readonly SystemColumn[] {
  return [...sliceColumns(shape), ...(shape.notesChanges ? [CHANGES_COLUMN] : [])];
}

/** Those whose value is the same for every row of the slice. */
export function sliceColumns(shape: Pick<LoadShape, 'run' | 'extractedAt'>): readonly Required<SystemColumn>[] {
  return [
    { name: '_millrace_run', type: 'bigint', value: String(shape.run) },
    { name: '_millrace_extracted_at', type: 'timestamp with time zone', value: shape.extractedAt },
  ];
}

/** What each row has of its own stands in the batch. */
export function systemValue({ name, type, value }: SystemColumn, dialect: Dialect): string {
  return value === undefined ? dialect.identifier(name) : `${dialect.literal(value)}::${type}`;
}

export function qualifiedName(target: Target, dialect: Dialect): string {
  return `${dialect.identifier(target.schema)}.${dialect.identifier(target.table)}`;
}

/** Condition for rows of the target (`held`) and of another relation with the same key. */
export function sameKey(key: readonly string[], other: string, dialect: Dialect): string {
  return key.map((name) => `held.${dialect.identifier(name)} = ${other}.${dialect.identifier(name)}`).join(' and ');
}

/**
 * Condition for rows of the target (`held`) and of another relation that differ in one of these columns, which have the
 * target's types; the other's may be narrower. Never true when there are none.
 */
export function anyDiffers(columns: readonly LoadColumn[], other: string, dialect: Dialect): string {
  const differs = columns.map(({ name, type }) => {
    const column = dialect.identifier(name);
    return dialect.differs(`held.${column}`, `${other}.${column}::${type}`, type);
  });
  return differs.length === 0 ? 'false' : `(${differs.join(' or ')})`;
}
