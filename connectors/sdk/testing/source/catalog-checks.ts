import { elementType, decimalShape, type LogicalType, type StreamDescription } from '../../../../schema/types.js';
import { cursorType } from '../../cursor.js';
import type { ConformanceCheck } from '../check.js';
import { CheckFault } from '../report.js';
import type { SourceSession, Subject } from './session.js';

const SCALARS = new Set(
  'boolean int16 int32 int64 uint32 uint64 numeric float32 float64 string date timestamp timestamptz time uuid json bytes opaque'.split(
    ' ',
  ),
);

export const catalogChecks: readonly ConformanceCheck<SourceSession>[] = [
  {
    name: 'discover',
    title: 'discover lists the streams with fields, keys and cursors that are there',
    needs: ['config'],
    run: checkDiscover,
  },
  {
    name: 'discover-named',
    title: 'discover answers with only the streams that are asked for',
    needs: ['discover'],
    run: checkNamed,
  },
];

async function checkDiscover(session: SourceSession): Promise<string> {
  const { streams } = await session.catalog();
  const twice = repeated(streams.map(({ name }) => name));
  if (twice) throw new CheckFault(`discover lists ${twice} twice.`, 'Give every stream a name of its own.');
  const faults = streams.flatMap((stream) => streamFaults(stream).map((fault) => `${stream.name}: ${fault}`));
  if (faults.length > 0) throw new CheckFault(`${faults.slice(0, 5).join('; ')}.`, 'Correct what discover returns.');
  const subjects = await session.subjects();
  for (const subject of subjects) requireExpectedFields(subject);
  return `${streams.length} ${streams.length === 1 ? 'stream' : 'streams'}: ${streams
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ')}${streams.length > 5 ? ', …' : ''}`;
}

function streamFaults({ fields, primaryKey, cursorCandidates, sourceDefinedCursor }: StreamDescription): readonly string[] {
  const names = new Set(fields.map(({ name }) => name));
  const twice = repeated(fields.map(({ name }) => name));
  const unknown = fields
    .filter(({ type }) => !isLogicalType(type))
    .map(({ name, type }) => `${name} has the type ${type}, which there is not`);
  const strayKeys = (primaryKey ?? [])
    .filter((name) => !names.has(name))
    .map((name) => `the key names ${name}, which is no field`);
  const cursors = cursorCandidates.flatMap((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (!field) return [`the cursor candidate ${name} is no field`];
    return cursorType(field) ? [] : [`the cursor candidate ${name} is ${field.type}, which has no order`];
  });
  return [
    ...(fields.length === 0 ? ['it has no fields'] : []),
    ...(twice === undefined ? [] : [`the field ${twice} is there twice`]),
    ...(primaryKey?.length === 0 ? ['its key is empty; leave it out'] : []),
    ...(sourceDefinedCursor && cursorCandidates.length > 0 ? ['it defines its cursor itself and names candidates'] : []),
    ...[...unknown, ...strayKeys, ...cursors],
  ];
}

function isLogicalType(type: LogicalType): boolean {
  const element = elementType(type);
  if (element) return isLogicalType(element);
  return SCALARS.has(type) || decimalShape(type) !== undefined;
}

const repeated = (names: readonly string[]): string | undefined => names.find((name, index) => names.indexOf(name) < index);

function requireExpectedFields({ known, stream }: Subject): void {
  const names = new Set(stream.fields.map(({ name }) => name));
  const missing = (known.rows ?? []).flatMap((row) => Object.keys(row)).find((name) => !names.has(name));
  if (missing !== undefined)
    throw new CheckFault(`${stream.name} has rows with ${missing}, which discover does not list.`, 'Return every field.');
}

async function checkNamed(session: SourceSession): Promise<string> {
  const [subject] = await session.subjects();
  const name = subject?.stream.name ?? '';
  const { streams } = await session.definition.discover(session.context(), [name]);
  const found = streams.map((stream) => stream.name);
  if (found.length !== 1 || found[0] !== name)
    throw new CheckFault(
      `Asked for ${name}, discover lists ${found.slice(0, 5).join(', ') || 'nothing'}.`,
      'Heed the second argument of discover.',
    );
  if (JSON.stringify(streams[0]?.fields) !== JSON.stringify(subject?.stream.fields))
    throw new CheckFault(
      `Asked for ${name} alone, discover describes other fields.`,
      'Describe a stream the same way each time.',
    );
  return `only ${name}`;
}
