/**
 * All that a connector author imports.
 * @module
 */
export { defineDestination, defineSource, secret } from './define.js';
export { MillraceError, isMillraceError } from '../../platform/errors/error.js';
export { type TypedCondition, badFilter, conditionsOf } from './filter.js';
export { rowFilter } from './row-filter.js';
export { quoteIdentifier, quoteLiteral } from '../../platform/duckdb/quote.js';
export { samePosition } from '../../checkpoint/position.js';
export type * from './destination.js';
export type * from './hashes.js';
export type * from './types.js';
export type { BoundarySet, CursorMark, CursorType, Position, ScanMark } from '../../checkpoint/position.js';
export type { Catalog, Field, LogicalType, NativeType, StreamDescription, Target } from '../../schema/types.js';
