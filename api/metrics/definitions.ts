/**
 * Every metric that is served: name, type, labels and meaning. docs/metrics.md lists the same, and a test compares them.
 * @module
 */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  /** OpenMetrics wants it as the end of the name. */
  readonly unit?: 'bytes' | 'seconds';
  readonly labels: readonly string[];
  readonly help: string;
}

const STREAM = ['workspace', 'connection', 'stream'] as const;
const CONNECTION = ['workspace', 'connection'] as const;

// A table: one line per metric.
// prettier-ignore
export const METRICS = {
  millrace_stream_rows: { type: 'counter', labels: [...STREAM, 'fate'], help: 'Rows of runs by what became of them; loaded, rejected and superseded are counted when the destination has committed.' },
  millrace_stream_bytes: { type: 'counter', unit: 'bytes', labels: STREAM, help: 'Bytes that were staged.' },
  millrace_stream_slices: { type: 'counter', labels: STREAM, help: 'Slices that were loaded.' },
  millrace_stream_freshness_seconds: { type: 'gauge', unit: 'seconds', labels: STREAM, help: 'Time since the last checkpoint: rows were committed, or a run found nothing new.' },
  millrace_runs: { type: 'counter', labels: [...CONNECTION, 'status'], help: 'Runs that have ended, by outcome.' },
  millrace_open_runs: { type: 'gauge', labels: [...CONNECTION, 'status'], help: 'Runs that are queued or running.' },
  millrace_run_duration_seconds: { type: 'histogram', unit: 'seconds', labels: CONNECTION, help: 'How long runs took that have ended.' },
  millrace_connections: { type: 'gauge', labels: ['workspace', 'health'], help: 'Connections by health.' },
  millrace_connection: { type: 'info', labels: [...CONNECTION, 'name', 'source', 'destination'], help: 'Names of a connection and its ends.' },
  millrace_temporal_up: { type: 'gauge', labels: [], help: '1 when the Temporal server answers, 0 otherwise; without it the next metrics are missing.' },
  millrace_task_queue_tasks: { type: 'gauge', labels: ['kind'], help: 'Tasks that wait for a worker, about.' },
  millrace_task_queue_oldest_seconds: { type: 'gauge', unit: 'seconds', labels: ['kind'], help: 'How long the oldest of them has waited.' },
  millrace_task_queue_workers: { type: 'gauge', labels: ['kind'], help: 'Workers that have polled lately.' },
  millrace_worker: { type: 'info', labels: ['worker', 'version'], help: 'Worker processes that have told of themselves within the last minute.' },
  millrace_worker_cpu_seconds: { type: 'counter', unit: 'seconds', labels: ['worker'], help: 'Processor time of a worker process.' },
  millrace_worker_memory_bytes: { type: 'gauge', unit: 'bytes', labels: ['worker'], help: 'Resident memory of a worker process.' },
  millrace_worker_start_time_seconds: { type: 'gauge', unit: 'seconds', labels: ['worker'], help: 'When a worker process started, as Unix time.' },
  millrace_build: { type: 'info', labels: ['version'], help: 'Version of the API process that answers.' },
  process_cpu_seconds: { type: 'counter', unit: 'seconds', labels: [], help: 'Processor time of the API process that answers.' },
  process_resident_memory_bytes: { type: 'gauge', unit: 'bytes', labels: [], help: 'Resident memory of the API process that answers.' },
  process_start_time_seconds: { type: 'gauge', unit: 'seconds', labels: [], help: 'When the API process that answers started, as Unix time.' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
