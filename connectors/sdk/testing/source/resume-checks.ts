import { samePosition } from '../../../../checkpoint/position.js';
import type { ConformanceCheck } from '../check.js';
import { difference, differenceText } from '../difference.js';
import { CheckFault, CheckSkipped } from '../report.js';
import { type Ask, type Slice, type WholeRead, readOn, readSlice, requestOf } from './read.js';
import { fullOf, incrementalSubjects } from './read-checks.js';
import type { SourceSession, Subject } from './session.js';

export const resumeChecks: readonly ConformanceCheck<SourceSession>[] = [
  {
    name: 'marks',
    title: 'marks move on, are plain text, and nothing comes behind the last one',
    needs: ['full-read'],
    run: checkMarks,
  },
  {
    name: 'resume',
    title: 'a read that goes on from any mark brings exactly the rows that were left',
    needs: ['full-read', 'incremental-read'],
    run: checkResume,
  },
  {
    name: 'ties',
    title: 'rows at the last cursor value are read again, so that later ones with it are not lost',
    needs: ['incremental-read'],
    run: checkTies,
  },
  {
    name: 'nothing-new',
    title: 'a second read with nothing new brings nothing',
    needs: ['incremental-read'],
    run: checkNothingNew,
  },
];

export const changesCheck: ConformanceCheck<SourceSession> = {
  name: 'changes',
  title: 'an incremental read brings what has changed, and nothing else',
  needs: ['incremental-read'],
  run: checkChanges,
};

/** More marks than these are tried at even distances. */
const MARKS_TRIED = 12;

/** Every way in which the streams can be read. */
async function asks(session: SourceSession): Promise<readonly { readonly subject: Subject; readonly ask: Ask }[]> {
  return (await session.subjects()).flatMap((subject) => {
    const incremental = session.incremental(subject);
    return [fullOf(subject), ...(incremental ? [incremental] : [])].map((ask) => ({ subject, ask }));
  });
}

async function checkMarks(session: SourceSession): Promise<string> {
  let marks = 0;
  for (const { ask } of await asks(session)) {
    const { slices, complete } = await session.firstRead(ask);
    for (const { from, to, done } of slices) {
      if (!done && samePosition(from.position, to.position))
        throw new CheckFault(
          `A mark of ${ask.stream.name} in the middle of a ${ask.sync} read stands where its slice began.`,
          'End a slice only where the position has moved on.',
        );
      requireText(ask, to.position);
    }
    if (complete && ask.sync === 'full' && !['end', 'start'].includes(slices.at(-1)?.to.position.kind ?? 'end'))
      throw new CheckFault(
        `A full read of ${ask.stream.name} ends at ${slices.at(-1)?.to.position.kind}.`,
        "End it with the position { kind: 'end' }.",
      );
    await requireSilence(session, ask, complete);
    marks += slices.length;
  }
  return `${marks} marks`;
}

/** I3: a number or a Date would lose digits on its way. */
function requireText({ stream }: Ask, position: Slice['to']['position']): void {
  const values = position.kind === 'scan' ? position.scan.after : position.kind === 'cursor' ? [position.cursor.value] : [];
  if (values.every((value) => value === null || typeof value === 'string')) return;
  throw new CheckFault(
    `A position of ${stream.name} holds a value that is no text.`,
    "Put the source's own text into positions.",
  );
}

/** The whole read in one call: the engine never asks for it, but nothing may be behind the mark that says done. */
async function requireSilence(session: SourceSession, ask: Ask, complete: boolean): Promise<void> {
  if (!complete) return;
  const request = requestOf(session, ask, { from: { position: { kind: 'start' } }, tempDir: await session.bench.folder() });
  let done = false;
  for await (const event of session.definition.read(session.context(), request)) {
    if (done)
      throw new CheckFault(
        `read of ${ask.stream.name} yields ${event.kind} after a mark with done.`,
        'Set done only on the last mark.',
      );
    if (event.kind === 'mark') done = event.done;
  }
}

async function checkResume(session: SourceSession): Promise<string> {
  let tried = 0;
  for (const { subject, ask } of await asks(session)) {
    const whole = await session.firstRead(ask);
    for (const index of marksToTry(whole)) {
      await resumeAt(session, { subject, ask, whole }, index);
      tried += 1;
    }
  }
  if (tried === 0)
    throw new CheckSkipped(
      'Every stream was read in one slice, so there is no mark to go on from.',
      'Give more rows, or make slices smaller: limits.sliceRows, or --rows.',
    );
  return `${tried} marks`;
}

function marksToTry({ slices }: WholeRead): readonly number[] {
  const inner = slices.slice(0, -1).map((_, index) => index);
  const step = Math.max(1, Math.ceil(inner.length / MARKS_TRIED));
  return inner.filter((index) => index % step === 0);
}

interface Resumed {
  readonly subject: Subject;
  readonly ask: Ask;
  readonly whole: WholeRead;
}

/** Of a read that was broken off only the next slice can be compared. */
async function resumeAt(session: SourceSession, { subject, ask, whole }: Resumed, index: number): Promise<void> {
  const { slices, complete } = whole;
  const place = slices[index]?.to;
  if (!place) return;
  const rest = complete ? (await readOn(session, ask, place)).rows : (await readSlice(session, ask, place)).rows;
  const wanted = complete ? slices.slice(index + 1).flatMap(({ rows }) => rows) : (slices[index + 1]?.rows ?? []);
  const different = differenceText(difference(wanted, rest), subject.known.rows !== undefined);
  if (different)
    throw new CheckFault(
      `${ask.stream.name}, ${ask.sync} read that goes on from mark ${index + 1} of ${slices.length}: ${different}.`,
      'Read from request.position alone; keep nothing between calls.',
    );
}

async function checkTies(session: SourceSession): Promise<string> {
  let most = 0;
  for (const { ask } of await incrementalSubjects(session)) {
    if (!ask.cursor) continue;
    const { end, complete } = await session.firstRead(ask);
    if (!complete || !end.held) continue;
    const held = Object.values(end.held.hashes ?? {}).reduce((sum, count) => sum + count, 0);
    const again = await readSlice(session, ask, end);
    if (again.staged.repeated < held)
      throw new CheckFault(
        `${ask.stream.name}: ${held} rows have the last value of ${ask.cursor.field}, ${again.staged.repeated} of them came again.`,
        'Read from the cursor on with >=, not with >: the engine leaves out what it has.',
      );
    most = Math.max(most, held);
  }
  if (most === 0) throw new CheckSkipped('No stream has a cursor with a value.', 'Give rows with a cursor.');
  return most > 1 ? `${most} rows with one value` : 'one row at the last value; two with the same would show more';
}

async function checkNothingNew(session: SourceSession): Promise<string> {
  const subjects = await incrementalSubjects(session);
  for (const { ask } of subjects) {
    const { end, complete } = await session.firstRead(ask);
    if (!complete) continue;
    const { rows } = await readOn(session, ask, end);
    if (rows.length > 0)
      throw new CheckFault(
        `${ask.stream.name}: ${rows.length} rows come again although nothing has changed.`,
        'Read from the cursor in request.position on.',
      );
  }
  return subjects.map(({ subject }) => subject.stream.name).join(', ');
}

async function checkChanges(session: SourceSession): Promise<string> {
  let brought = 0;
  const changing = (await incrementalSubjects(session)).filter(({ subject }) => subject.known.makeChanges);
  if (changing.length === 0)
    throw new CheckSkipped('No stream can be changed here.', 'Give makeChanges in the harness of its tests.');
  for (const { subject, ask } of changing) {
    const { end } = await session.firstRead(ask);
    const changes = (await subject.known.makeChanges?.()) ?? [];
    const wanted = await session.bench.expected(subject.stream.fields, changes, session.signal);
    const { rows } = await readOn(session, ask, end);
    const different = differenceText(difference(wanted, rows), true);
    if (different)
      throw new CheckFault(`${subject.stream.name} after changes: ${different}.`, 'Read everything at and above the cursor.');
    brought += rows.length;
  }
  return `${brought} rows`;
}
