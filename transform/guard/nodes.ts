/**
 * What a transform may consist of, by the names in DuckDB's serialized tree. What is not here is refused, so a new kind
 * of node in a later DuckDB is refused until someone has looked at it.
 * @module
 */

/** Expressions: `class` → allowed `type`s. */
const EXPRESSIONS: Readonly<Record<string, readonly string[] | RegExp>> = {
  BETWEEN: ['COMPARE_BETWEEN'],
  CASE: ['CASE_EXPR'],
  CAST: ['OPERATOR_CAST'],
  COLLATE: ['COLLATE'],
  COLUMN_REF: ['COLUMN_REF'],
  COMPARISON: /^COMPARE_[A-Z_]+$/,
  CONJUNCTION: ['CONJUNCTION_AND', 'CONJUNCTION_OR'],
  CONSTANT: ['VALUE_CONSTANT'],
  FUNCTION: ['FUNCTION'],
  LAMBDA: ['LAMBDA'],
  OPERATOR: [
    'ARRAY_CONSTRUCTOR',
    'ARRAY_EXTRACT',
    'ARRAY_SLICE',
    'COMPARE_IN',
    'COMPARE_NOT_IN',
    'GROUPING_FUNCTION',
    'OPERATOR_COALESCE',
    'OPERATOR_IS_NOT_NULL',
    'OPERATOR_IS_NULL',
    'OPERATOR_NOT',
    'OPERATOR_NULLIF',
    'OPERATOR_TRY',
    'OPERATOR_UNPACK',
    'STRUCT_EXTRACT',
  ],
  POSITIONAL_REFERENCE: ['POSITIONAL_REFERENCE'],
  STAR: ['STAR'],
  SUBQUERY: ['SUBQUERY'],
  WINDOW: /^WINDOW_[A-Z_]+$/,
};

const EXPRESSION_NAMES: Readonly<Record<string, string>> = {
  PARAMETER: 'A parameter',
  DEFAULT: 'DEFAULT',
};

/** Everything with a `type` and no `class`: queries, tables, modifiers, orders. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'SELECT_NODE',
  'SET_OPERATION_NODE',
  'RECURSIVE_CTE_NODE',
  'CTE_NODE',
  'BASE_TABLE',
  'EMPTY',
  'EXPRESSION_LIST',
  'JOIN',
  'SUBQUERY',
  'TABLE_FUNCTION',
  'ORDER_MODIFIER',
  'LIMIT_MODIFIER',
  'LIMIT_PERCENT_MODIFIER',
  'DISTINCT_MODIFIER',
  'ORDER_DEFAULT',
  'ASCENDING',
  'DESCENDING',
]);

const STRUCTURE_NAMES: Readonly<Record<string, string>> = {
  PIVOT: 'PIVOT and UNPIVOT',
  SHOW_REF: 'DESCRIBE, SHOW and SUMMARIZE',
};

/** A message when this kind of expression is not allowed. */
export function refusedExpression(className: string, type: string): string | undefined {
  const types = EXPRESSIONS[className];
  const allowed = types instanceof RegExp ? types.test(type) : types?.includes(type);
  return allowed ? undefined : `${EXPRESSION_NAMES[className] ?? type} is not allowed in a transform.`;
}

/** A message when this kind of query, table or modifier is not allowed. */
export function refusedStructure(type: string): string | undefined {
  if (STRUCTURE.has(type) || /^[A-Z_]+_TYPE_INFO$/.test(type)) return undefined;
  return `${STRUCTURE_NAMES[type] ?? type} is not allowed in a transform.`;
}
