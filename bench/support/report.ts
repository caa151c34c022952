import { cpus, totalmem } from 'node:os';

/** One measured thing: values of every repetition, in `unit`. */
export interface Measure {
  readonly name: string;
  readonly unit: 'ms' | 's' | 'MB' | '×' | 'rows/s' | 'runs/s' | 'req/s' | 'KB' | '';
  readonly values: readonly number[];
}

export interface SuiteReport {
  readonly suite: string;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly measures: readonly Measure[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** What a reader needs to compare: machines differ, ratios within one run less so. */
export function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    platform: process.platform,
  };
}

export function printReport({ suite, facts, measures }: SuiteReport): string {
  const factText = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  const width = Math.max(...measures.map((measure) => measure.name.length));
  const lines = measures.map(({ name, unit, values }) => {
    const spread = `${format(Math.min(...values))} … ${format(Math.max(...values))}`;
    return `  ${name.padEnd(width)}  ${format(median(values)).padStart(9)} ${unit.padEnd(6)}  ${values.length > 1 ? spread : ''}`.trimEnd();
  });
  return [`${suite}: ${factText.join(', ')}`, ...lines, ''].join('\n');
}

/** A suite that measured nothing must not pass for one that did. @throws Error that names the measure */
export function requireFigures({ suite, measures }: SuiteReport): void {
  const empty = measures.filter(({ values }) => values.length === 0 || !values.every(Number.isFinite));
  if (measures.length === 0) throw new Error(`${suite} measured nothing`);
  if (empty.length > 0) throw new Error(`${suite} has no figure of ${empty.map(({ name }) => name).join(', ')}`);
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);
}
