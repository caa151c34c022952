import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { lockStatements } from '../../platform/duckdb/locked.js';
import { type AstNode, childNode, childNodes, isNode, textOf } from './ast.js';
import { type SqlError, errorAt } from './position.js';

export const MAX_SQL_LENGTH = 100_000;
/** DuckDB's parser takes quadratic time over nested comments and cannot be interrupted there. */
const MAX_COMMENTS = 1_000;

export type Parsed =
  | { readonly ok: true; readonly query: AstNode }
  | { readonly ok: false; readonly errors: readonly SqlError[] };

/** Parses one SELECT with DuckDB's own parser; nothing is bound or run. */
export async function parseSelect(sql: string): Promise<Parsed> {
  const tooLarge = sizeError(sql);
  if (tooLarge) return refused(sql, 0, tooLarge);
  if (sql.includes('\0')) return refused(sql, sql.indexOf('\0'), 'The SQL holds a NUL character.');
  const answer = await serialize(sql);
  if (answer['error'] === true) return refused(sql, answer['position'], parseMessage(answer));
  const statements = childNodes(answer, 'statements');
  const query = childNode(statements[0], 'node');
  if (!query) return refused(sql, 0, 'The SQL is empty: write one SELECT.');
  if (statements.length > 1) return refused(sql, 0, `The SQL has ${statements.length} statements: write one SELECT.`);
  return { ok: true, query };
}

function refused(sql: string, codePoint: unknown, message: string): Parsed {
  return { ok: false, errors: [errorAt(sql, codePoint, 'codePoints', message)] };
}

function sizeError(sql: string): string | undefined {
  if (sql.length > MAX_SQL_LENGTH) return `The SQL has more than ${MAX_SQL_LENGTH} characters.`;
  if (sql.split('/*').length - 1 > MAX_COMMENTS) return `The SQL has more than ${MAX_COMMENTS} comments.`;
  return undefined;
}

function parseMessage(answer: AstNode): string {
  const message = textOf(answer, 'error_message');
  if (textOf(answer, 'error_type') === 'parser') return message;
  return message.startsWith('Only SELECT') ? 'Only SELECT is allowed.' : message;
}

/** The text of a tree. Compare what it parses to with the tree before trusting it. */
export function printSelect(query: AstNode): Promise<string> {
  const tree = { error: false, statements: [{ node: query, named_param_map: [] }] };
  return askParser('select json_deserialize_sql($1::json)::varchar as answer', JSON.stringify(tree));
}

async function serialize(sql: string): Promise<AstNode> {
  const tree: unknown = JSON.parse(await askParser('select json_serialize_sql($1::varchar)::varchar as answer', sql));
  return isNode(tree) ? tree : {};
}

async function askParser(question: string, text: string): Promise<string> {
  const result = await (await parser()).run(question, [text]);
  return String((await result.getRowObjectsJson())[0]?.['answer']);
}

let opened: Promise<DuckDBConnection> | undefined;

/** One small locked engine per process; parsing takes about a millisecond, so it takes no slot of `duckDbSlots`. */
function parser(): Promise<DuckDBConnection> {
  opened ??= openParser().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function openParser(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB', temp_directory: '' });
  const connection = await instance.connect();
  for (const statement of lockStatements()) await connection.run(statement);
  return connection;
}
