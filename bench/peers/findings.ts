import type { Measure } from '../support/report.js';
import type { ContentReport } from './content.js';
import type { HardValuesReport } from './hard-values.js';
import type { IncrementReport } from './increments.js';
import type { Cost } from './run-measured.js';
import type { Turned } from './turns.js';

/** Everything that was found, as it goes into the JSON file. */
export interface Findings {
  readonly notInstalled: readonly { readonly name: string; readonly reason: string }[];
  readonly fullRefresh: readonly Turned[];
  readonly incremental: readonly IncrementReport[];
  readonly hardValues: readonly HardValuesReport[];
}

/** Times, ratios against the first contender of the same round, CPU and memory. */
export function measuresOf({ fullRefresh, incremental }: Findings): Measure[] {
  const [reference] = fullRefresh;
  return [
    ...fullRefresh.flatMap(({ name, costs }) => costMeasures(name, costs, reference?.costs ?? [])),
    ...incremental.flatMap(({ name, first, nothing, changes }) => [
      ...msMeasure(`incremental, first run: ${name}`, first),
      ...msMeasure(`incremental, nothing changed: ${name}`, nothing),
      ...msMeasure(`incremental, 500 changes: ${name}`, changes),
    ]),
  ];
}

function costMeasures(name: string, costs: readonly Cost[], reference: readonly Cost[]): Measure[] {
  if (costs.length === 0) return [];
  const ratios = costs.map(({ ms }, round) => (reference[round]?.ms ?? NaN) / ms);
  return [
    ...msMeasure(`full refresh: ${name}`, costs),
    { name: `speed against psql binary: ${name}`, unit: '×', values: ratios },
    { name: `CPU seconds: ${name}`, unit: '', values: costs.map(({ cpuSeconds }) => cpuSeconds) },
    { name: `peak memory: ${name}`, unit: 'MB', values: costs.map(({ peakBytes }) => peakBytes / 1e6) },
  ];
}

const msMeasure = (name: string, costs: readonly Cost[]): Measure[] =>
  costs.length === 0 ? [] : [{ name, unit: 'ms', values: costs.map(({ ms }) => ms) }];

/** What came through changed, and who failed, as text for people. */
export function printFindings({ notInstalled, fullRefresh, incremental, hardValues }: Findings): string {
  return [
    ...notInstalled.map(({ name, reason }) => `${name}: not installed: ${reason}`),
    'lineitem, content:',
    ...fullRefresh.map(({ name, content, failure }) => `  ${name}: ${contentText(content, failure)}`),
    'incremental, content after the changes · after rows at the last cursor value:',
    ...incremental.map(
      ({ name, content, late, failure }) => `  ${name}: ${contentText(content, failure)} · ${contentText(late, failure)}`,
    ),
    'hard values:',
    ...hardValues.flatMap(hardValuesText),
    '',
  ].join('\n');
}

function contentText(content: ContentReport | undefined, failure: string | undefined): string {
  if (failure !== undefined) return `failed: ${failure}`;
  if (content === undefined) return 'not compared';
  const { rows, changed, missing, retyped } = content;
  const types = Object.entries(retyped).map(([name, type]) => `${name} ${type}`);
  const parts = [
    rows.source === rows.target ? '' : `${rows.target} rows of ${rows.source}`,
    changed.length ? `changed: ${changed.join(', ')}` : '',
    missing.length ? `missing: ${missing.join(', ')}` : '',
  ].filter(Boolean);
  return `${parts.join('; ') || 'equal'}${types.length ? ` (as ${types.join(', ')})` : ''}`;
}

function hardValuesText({ name, whole, differences, retyped }: HardValuesReport): string[] {
  const found = Object.entries(differences).map(
    ([column, { outcome, detail }]) => `    ${column} ${outcome}${retyped[column] ? ` (${retyped[column]})` : ''}: ${detail}`,
  );
  const others = Object.entries(retyped)
    .filter(([column]) => !(column in differences))
    .map(([column, type]) => `${column} ${type}`);
  return [
    `  ${name}: ${found.length === 0 ? 'equal' : `${found.length} columns differ`}`,
    ...(whole === undefined ? [] : [`    the table as a whole failed: ${whole}`]),
    ...found,
    ...(others.length === 0 ? [] : [`    of other types, values equal: ${others.join(', ')}`]),
  ];
}
