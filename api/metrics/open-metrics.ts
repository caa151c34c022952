import { METRICS, type MetricDefinition, type MetricName } from './definitions.js';

/** https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Counts come from the database as text, with every digit. */
export type SampleValue = number | string;

export interface Sample {
  /** One for each label of the metric, in its order. */
  readonly labels: readonly string[];
  readonly value: SampleValue;
}

export interface HistogramSample {
  readonly labels: readonly string[];
  readonly count: SampleValue;
  readonly sum: SampleValue;
  /** Upper bounds with how many were at most that. */
  readonly buckets: readonly (readonly [number, SampleValue])[];
}

export type Samples = { readonly [Name in MetricName]?: readonly Sample[] | readonly HistogramSample[] };

const SUFFIX = { counter: '_total', gauge: '', info: '_info', histogram: '' } as const;

/** The text of an exposition. A metric without samples is named all the same. */
export function openMetrics(samples: Samples): string {
  const families = Object.entries(METRICS).map(([name, definition]) =>
    family(name, definition, samples[name as MetricName] ?? []),
  );
  return `${families.join('')}# EOF\n`;
}

function family(name: string, definition: MetricDefinition, samples: readonly (Sample | HistogramSample)[]): string {
  const { type, unit, help, labels } = definition;
  const head = [`# TYPE ${name} ${type}`, ...(unit ? [`# UNIT ${name} ${unit}`] : []), `# HELP ${name} ${escaped(help)}`];
  const lines = samples.flatMap((sample) =>
    'buckets' in sample ? histogram(name, labels, sample) : [line(name + SUFFIX[type], labels, sample)],
  );
  return `${[...head, ...lines].join('\n')}\n`;
}

function histogram(name: string, names: readonly string[], { labels, buckets, count, sum }: HistogramSample): string[] {
  const bounds = [...buckets.map(([bound, value]) => [bound.toFixed(1), value] as const), ['+Inf', count] as const];
  return [
    ...bounds.map(([bound, value]) => line(`${name}_bucket`, [...names, 'le'], { labels: [...labels, bound], value })),
    line(`${name}_count`, names, { labels, value: count }),
    line(`${name}_sum`, names, { labels, value: sum }),
  ];
}

function line(name: string, names: readonly string[], { labels, value }: Sample): string {
  const pairs = names.map((label, index) => `${label}="${escaped(labels[index] ?? '')}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
