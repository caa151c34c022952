import { stageType } from '../../../../schema/stage-types.js';
import type { Condition } from '../../../../schema/connection-config.js';
import type { ConformanceCheck } from '../check.js';
import { difference, differenceText } from '../difference.js';
import { CheckFault, CheckSkipped } from '../report.js';
import type { StagedRow } from '../bench.js';
import { type Ask, readOn } from './read.js';
import type { SourceSession, Subject } from './session.js';

export const readChecks: readonly ConformanceCheck<SourceSession>[] = [
  { name: 'full-read', title: 'a full read brings every row once', needs: ['discover'], run: checkFull },
  { name: 'types', title: 'every value arrives in the stage in the type of its field', needs: ['full-read'], run: checkTypes },
  { name: 'columns', title: 'a read of some fields brings these', needs: ['full-read'], run: checkColumns },
  { name: 'filter', title: 'a filter is applied by the source', needs: ['full-read'], run: checkFilter },
  {
    name: 'incremental-read',
    title: 'a first incremental read brings every row once',
    needs: ['discover'],
    run: checkIncremental,
  },
];

export const fullOf = ({ stream }: Subject): Ask => ({ stream, sync: 'full' });

/** How many rows were read and what was made sure of. */
const seen = (subjects: readonly Subject[], rows: number): string =>
  `${rows} rows of ${subjects.map(({ stream }) => stream.name).join(', ')}`;

async function checkFull(session: SourceSession): Promise<string> {
  const subjects = await session.subjects();
  let rows = 0;
  for (const subject of subjects) rows += await compareRead(session, subject, fullOf(subject));
  return seen(subjects, rows);
}

async function checkIncremental(session: SourceSession): Promise<string> {
  const subjects = await incrementalSubjects(session);
  let rows = 0;
  for (const { subject, ask } of subjects) rows += await compareRead(session, subject, ask);
  return seen(
    subjects.map(({ subject }) => subject),
    rows,
  );
}

/** Streams that have a cursor, and how they are read by it. */
export async function incrementalSubjects(session: SourceSession): Promise<readonly { subject: Subject; ask: Ask }[]> {
  const subjects = (await session.subjects()).flatMap((subject) => {
    const ask = session.incremental(subject);
    return ask ? [{ subject, ask }] : [];
  });
  if (subjects.length > 0) return subjects;
  throw new CheckSkipped(
    'No stream has a field that could be a cursor.',
    'Name cursorCandidates in discover, where there are any.',
  );
}

async function compareRead(session: SourceSession, subject: Subject, ask: Ask): Promise<number> {
  const { rows, complete } = await session.firstRead(ask);
  const expected = complete ? await session.expected(subject) : undefined;
  const different = expected && differenceText(difference(expected, rows), true);
  if (different)
    throw new CheckFault(`${subject.stream.name}: ${different}.`, 'Compare what read yields with what is in the system.');
  return rows.length;
}

async function checkTypes(session: SourceSession): Promise<string> {
  const types = new Set<string>();
  for (const subject of await session.subjects()) {
    const { slices } = await session.firstRead(fullOf(subject));
    for (const column of slices.flatMap(({ staged }) => staged.columns)) {
      types.add(column.type);
      if (column.stage === stageType(column.type) || column.stage === 'VARCHAR') continue;
      throw new CheckFault(
        `${subject.stream.name}.${column.name} is ${column.type} and is staged as ${column.stage}.`,
        `Cast it to ${stageType(column.type)} in what the file event selects.`,
      );
    }
  }
  return [...types].toSorted().join(', ');
}

async function checkColumns(session: SourceSession): Promise<string> {
  for (const subject of await session.subjects()) {
    const { stream } = subject;
    const fields = stream.fields.slice(-1);
    const { rows, complete } = await session.firstRead(fullOf(subject));
    if (!complete) continue;
    const wanted = rows.map((row) => row.slice(-1));
    const read = await readOn(session, { ...fullOf(subject), fields });
    const different = differenceText(difference(wanted, read.rows), subject.known.rows !== undefined);
    if (different)
      throw new CheckFault(`${stream.name}, only ${fields[0]?.name}: ${different}.`, 'Read request.fields, in their order.');
  }
  return 'the last field of each stream alone';
}

async function checkFilter(session: SourceSession): Promise<string> {
  const asked: string[] = [];
  for (const subject of await session.subjects()) {
    const { rows, complete } = await session.firstRead(fullOf(subject));
    const by = complete ? telling(subject, rows) : undefined;
    if (!by) continue;
    const wanted = rows.filter((row) => row[by.index] === by.value);
    const read = await readOn(session, { ...fullOf(subject), filter: [by.condition] });
    const different = differenceText(difference(wanted, read.rows), subject.known.rows !== undefined);
    if (different)
      throw new CheckFault(
        `${subject.stream.name}, where ${by.condition.field} has one value: ${different}.`,
        'Apply request.filter: see conditionsOf and rowFilter of millrace/sdk.',
      );
    asked.push(`${subject.stream.name}.${by.condition.field}`);
  }
  if (asked.length === 0)
    throw new CheckSkipped(
      'No stream that was read to its end has a field by which its rows can be told apart.',
      'Give two rows with different values, or choose a smaller stream.',
    );
  return asked.join(', ');
}

const FILTERED = new Set(['int16', 'int32', 'int64', 'string', 'uuid', 'boolean']);

/** A field whose first value only some of the rows have. */
function telling(
  { stream }: Subject,
  rows: readonly StagedRow[],
): { index: number; value: string; condition: Condition } | undefined {
  for (const [index, field] of stream.fields.entries()) {
    const value = rows[0]?.[index];
    if (!FILTERED.has(field.type) || typeof value !== 'string') continue;
    if (rows.every((row) => row[index] === value)) continue;
    return {
      index,
      value,
      condition: { field: field.name, is: '=', value: field.type === 'boolean' ? value === 'true' : value },
    };
  }
  return undefined;
}
