import type { Field } from '../../../../schema/types.js';
import type { ConformanceCheck } from '../check.js';
import { difference, differenceText } from '../difference.js';
import type { ExpectedRow } from '../harness.js';
import { CheckFault } from '../report.js';
import { TestFeed } from './feed.js';
import { row } from './mode-checks.js';
import { type DestinationSession, FIELDS } from './session.js';

export const shapeChecks: readonly ConformanceCheck<DestinationSession>[] = [
  {
    name: 'evolution',
    title: 'a column that comes later is added, and rows from before stay',
    needs: ['incremental_append'],
    run: checkEvolution,
  },
  { name: 'odd-names', title: 'columns may have any name', needs: ['incremental_append'], run: checkNames },
  { name: 'odd-values', title: 'every value arrives as it was staged', needs: ['incremental_append'], run: checkValues },
];

async function checkEvolution(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  await feed.load([row(1)]);
  const fields: readonly Field[] = [...FIELDS, { name: 'added', type: 'decimal(10,2)', nullable: true }];
  await feed.load([{ ...row(2), added: '1.50' }], { fields });
  await session.expectRows(
    feed.target,
    [
      { ...row(1), added: null },
      { ...row(2), added: '1.50' },
    ],
    fields,
  );
  await feed.load([row(3)]);
  await session.expectRows(feed.target, [row(1), row(2), row(3)]);
  return 'added, and left out again';
}

const ODD_NAMES = ['select', 'with "quotes"', "it's; --", 'naïve ✓', 'Case', 'case', ' space ', 'x'.repeat(100)];

/** How a system writes names is its own; what stands in the columns is not. */
async function checkNames(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  const fields: readonly Field[] = [...FIELDS, ...ODD_NAMES.map((name) => ({ name, type: 'string', nullable: true }) as const)];
  const values = ODD_NAMES.map((name, index) => [name, `value ${index}`] as const);
  await feed.load([{ ...row(1), ...Object.fromEntries(values) }], { fields });
  const held = await session.harness.rowsOf(feed.target);
  const texts = held
    .flatMap((found) => Object.entries(found))
    .filter(([name]) => !name.startsWith('_millrace_'))
    .map(([, value]) => [String(value)]);
  const wanted = ['1', 'row 1', '1', ...values.map(([, value]) => value)].map((text) => [text]);
  const different = differenceText(difference(wanted, texts), true);
  if (different)
    throw new CheckFault(
      `Columns with odd names hold other ${different}.`,
      'Quote names, and shorten what is too long without losing what tells it apart.',
    );
  return `${ODD_NAMES.length} names`;
}

const VALUES: readonly (readonly [Field['type'], readonly unknown[]])[] = [
  [
    'string',
    ['', 'a,b;c\td', 'two\nlines\r\nthree', '"quoted" \'single\' \\back\\slash', '\\N', 'NULL', 'naïve ✓ 😀', 'x'.repeat(10_000)],
  ],
  ['int64', ['9223372036854775807', '-9223372036854775808', '0']],
  ['decimal(38,10)', ['1234567890123456789012345678.0123456789', '-0.0000000001']],
  ['float64', ['0.1', '1e300', '-0.5']],
  ['boolean', [true, false]],
  ['date', ['1970-01-01', '0001-01-01', '9999-12-31']],
  ['timestamptz', ['2026-01-01 00:00:00.123456+00', '1969-12-31 23:59:59.999999+00']],
  ['json', ['{"a":[1,null,"b"]}', '[]']],
  ['uuid', ['00000000-0000-0000-0000-000000000000']],
];

async function checkValues(session: DestinationSession): Promise<string> {
  const fields: readonly Field[] = [
    ...FIELDS,
    ...VALUES.map(([type], index) => ({ name: `value_${index}`, type, nullable: true })),
  ];
  const rows: ExpectedRow[] = VALUES.flatMap(([, values], index) => values.map((value) => ({ [`value_${index}`]: value })));
  const numbered = rows.map((values, index) => ({ ...row(index), ...values }));
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  await feed.load(numbered, { fields });
  await session.expectRows(feed.target, numbered, fields);
  return `${numbered.length} values of ${VALUES.map(([type]) => type).join(', ')}`;
}
