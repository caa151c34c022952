/**
 * The vocabulary of tables and values that every layer shares: logical types, fields, streams.
 * Pure data, no I/O.
 * @module
 */

/**
 * What a value means, independent of any system. `numeric` is a decimal without declared precision; `opaque` is the
 * source's own text of a type that has no lossless home in DuckDB or Parquet (interval, inet, ranges, composites …).
 */
export type LogicalType = ScalarType | `decimal(${number},${number})` | `${ScalarType}[]` | `decimal(${number},${number})[]`;

export type ScalarType =
  | 'boolean'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'numeric'
  | 'float32'
  | 'float64'
  | 'string'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'time'
  | 'uuid'
  | 'json'
  | 'bytes'
  | 'opaque';

/** The exact type of a field in the system it comes from, so that an equal system can recreate it. */
export interface NativeType {
  readonly system: string;
  /** As the system prints it with modifiers: `numeric(38,18)`, `character varying(20)`, `public.mood`. */
  readonly type: string;
  /** Set when the type must be created before it can be used elsewhere. */
  readonly definition?: { readonly kind: 'enum'; readonly labels: readonly string[] };
}

export interface Field {
  readonly name: string;
  readonly type: LogicalType;
  readonly nullable: boolean;
  readonly native?: NativeType;
}

/** What discovery says of one stream. Names are the source's own, never changed. */
export interface StreamDescription {
  /** Unique in the source, e.g. `public.orders`. */
  readonly name: string;
  readonly fields: readonly Field[];
  /** In key order; absent when the source declares none. */
  readonly primaryKey?: readonly string[];
  /** Fields whose values only grow, as candidates for `cursorField`. */
  readonly cursorCandidates: readonly string[];
  /** Set when the source itself defines how far a stream was read (files by time of change); `cursorField` is then not allowed. */
  readonly sourceDefinedCursor?: boolean;
  /** An estimate, never exact. */
  readonly estimatedRows?: number;
  readonly kind?: 'table' | 'view' | 'partitioned' | 'foreign' | 'files';
}

export interface Catalog {
  readonly streams: readonly StreamDescription[];
}

/** A place a stream is written to. */
export interface Target {
  readonly schema: string;
  readonly table: string;
}

export interface DecimalShape {
  readonly precision: number;
  readonly scale: number;
}

/** Precision and scale of `decimal(p,s)`, or undefined for every other type. */
export function decimalShape(type: LogicalType): DecimalShape | undefined {
  const match = /^decimal\((\d+),(\d+)\)$/.exec(type);
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined;
}

/** Element type of a list, or undefined for every other type. */
export function elementType(type: LogicalType): LogicalType | undefined {
  return type.endsWith('[]') ? (type.slice(0, -2) as LogicalType) : undefined;
}
