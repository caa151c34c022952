import { catalogueEntry } from '../../platform/errors/catalogue.js';
import type { MillraceError } from '../../platform/errors/error.js';
import { didYouMean } from '../../platform/names/did-you-mean.js';
import type { SqlDescription } from '../../schema/preview.js';
import type { ValidationView } from './preview-schemas.js';

type Inputs = Readonly<Record<string, readonly string[] | undefined>>;

/** What the text alone says: DuckDB's parser and the guard; no worker is needed. */
export async function validateText(sql: string, inputs: Inputs): Promise<ValidationView> {
  // loaded when the first SQL comes: the guard brings DuckDB with it, which most requests do not need
  const [{ readSql }, { columnLineage }, { isRowWise }] = await Promise.all([
    import('../../transform/guard/index.js'),
    import('../../transform/guard/column-lineage.js'),
    import('../../transform/guard/row-wise.js'),
  ]);
  const tables = Object.keys(inputs);
  const read = await readSql(sql, tables);
  if (read.ok)
    return {
      ...{ valid: true, errors: [], columns: null, rowWise: isRowWise(read.query, tables) },
      lineage: columnLineage(read.query, inputs).map((one) => ({ ...one, from: [...one.from] })),
    };
  return refused(
    read.errors.map(({ message, line, column }) => ({
      ...{ code: 'refused_sql', message, line, column },
      suggestion: suggestionFor(message, tables),
    })),
  );
}

function suggestionFor(message: string, tables: readonly string[]): string {
  const unknown = /^There is no table (.+?):/.exec(message)?.[1];
  const near = unknown === undefined ? undefined : didYouMean(unknown, tables);
  return near ?? catalogueEntry('transform.refused_sql').suggestion;
}

export function described({ columns, lineage, rowWise }: SqlDescription): ValidationView {
  return {
    ...{ valid: true, errors: [], rowWise },
    columns: columns?.map((column) => ({ ...column })) ?? null,
    lineage: lineage.map((one) => ({ ...one, from: [...one.from] })),
  };
}

/** What only shows where the columns are known: a name or a type that does not fit. */
export function invalidBy({ code, message, suggestion, fields = [] }: MillraceError): ValidationView {
  const [place] = fields;
  const where = place?.line === undefined || place.column === undefined ? {} : { line: place.line, column: place.column };
  return refused([{ code: code.replace(/^transform\./, ''), message, suggestion, ...where }]);
}

const refused = (errors: ValidationView['errors']): ValidationView => ({
  ...{ valid: false, errors, columns: null, lineage: [], rowWise: null },
});
