import { DURATION_BOUNDS, type DurationTotals, type RunTotals, type StreamTotals } from './metric-store.js';
import type { HistogramSample, Sample, Samples } from './open-metrics.js';

export const OPEN_STATUSES: readonly string[] = ['queued', 'running'];

const FATES = ['extracted', 'repeated', 'filtered', 'loaded', 'rejected', 'superseded'] as const;

export function streamSamples(totals: readonly StreamTotals[]): Samples {
  const labelsOf = ({ workspace_id, connection_id, stream }: StreamTotals): string[] => [workspace_id, connection_id, stream];
  return {
    millrace_stream_rows: totals.flatMap((total) =>
      FATES.map((fate) => ({ labels: [...labelsOf(total), fate], value: total[fate] })),
    ),
    millrace_stream_bytes: totals.map((total) => ({ labels: labelsOf(total), value: total.bytes })),
    millrace_stream_slices: totals.map((total) => ({ labels: labelsOf(total), value: total.slices })),
    millrace_stream_freshness_seconds: totals.flatMap((total) =>
      total.age_seconds === null ? [] : [{ labels: labelsOf(total), value: total.age_seconds }],
    ),
  };
}

export function runSamples(totals: readonly RunTotals[]): readonly Sample[] {
  return totals.map(({ workspace_id, connection_id, status, runs }) => ({
    labels: [workspace_id, connection_id, status],
    value: runs,
  }));
}

export function durationSamples(totals: readonly DurationTotals[]): readonly HistogramSample[] {
  return totals.map(({ workspace_id, connection_id, runs, seconds, at_most }) => ({
    labels: [workspace_id, connection_id],
    count: runs,
    sum: seconds,
    buckets: DURATION_BOUNDS.map((bound, index) => [bound, at_most[index] ?? '0'] as const),
  }));
}
