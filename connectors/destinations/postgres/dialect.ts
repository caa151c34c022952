import type { Dialect } from '../../../load/plan.js';
import { ident, literal } from '../../postgres/sql.js';

const TEXT = /^(text|character|citext|"char"|name)/;

export const dialect: Dialect = {
  identifier: ident,
  literal,
  comparable: (reference, type) => (TEXT.test(type) ? `${reference}::text collate "C"` : reference),
};
