import pg from 'pg';
import type { Target } from '../../schema/types.js';

/** A quoted identifier for Postgres. */
export const ident = (name: string): string => pg.escapeIdentifier(name);
/** A quoted literal for Postgres. */
export const literal = (text: string): string => pg.escapeLiteral(text);
export const qualified = (target: Target): string => `${ident(target.schema)}.${ident(target.table)}`;
