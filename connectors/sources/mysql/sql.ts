/** A quoted identifier. */
export const ident = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A quoted literal, under `NO_BACKSLASH_ESCAPES`, which every session sets. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Text as bytes, whatever it holds. */
export const hexLiteral = (text: string): string => `X'${Buffer.from(text, 'utf8').toString('hex')}'`;

/** A stream name is `database.table`; only the first dot separates. */
export function splitStream(stream: string): { readonly database: string; readonly table: string } {
  const dot = stream.indexOf('.');
  return { database: stream.slice(0, dot), table: stream.slice(dot + 1) };
}

export function relationOf(stream: string): string {
  const { database, table } = splitStream(stream);
  return `${ident(database)}.${ident(table)}`;
}
