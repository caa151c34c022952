import { type Usage, usageNow, usageOfMoment } from './processes.js';

const SAMPLE_MS = 100;

export interface MemoryWatch {
  /** Largest resident memory so far of the process and its children, in bytes; without Postgres and Temporal. */
  peak(): number;
  /** Begins anew. @returns the peak until now */
  take(): number;
  stop(): void;
}

/** Linux only: elsewhere the peak stays 0. */
export function watchMemory(pid: number): MemoryWatch {
  const watch = watchPeaks(pid);
  const take = (): number => watch.take().millrace;
  return { peak: () => watch.peaks().millrace, take, stop: watch.stop };
}

/** In bytes. */
export interface Peaks {
  /** With the processes that transform. */
  readonly millrace: number;
  /** Of everything that was started beside the stack. */
  readonly hand: number;
}

interface PeakWatch {
  peaks(): Peaks;
  take(): Peaks;
  stop(): void;
}

function watchPeaks(pid: number): PeakWatch {
  let peaks = NONE;
  const timer = setInterval(() => (peaks = larger(peaks, usageNow(pid))), SAMPLE_MS);
  const take = (): Peaks => {
    const until = peaks;
    peaks = NONE;
    return until;
  };
  return { peaks: () => peaks, take, stop: () => clearInterval(timer) };
}

const NONE: Peaks = { millrace: 0, hand: 0 };

const larger = (peaks: Peaks, { bytes }: Usage): Peaks => ({
  millrace: Math.max(peaks.millrace, bytes.millrace + bytes.duckdb),
  hand: Math.max(peaks.hand, bytes.hand),
});

export interface Spent {
  readonly cpuSeconds: Usage['cpuSeconds'];
  readonly peaks: Peaks;
}

/** What all processes use while `act` goes on. */
export async function spentBy<T>(
  stackPid: number,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly spent: Spent }> {
  const before = usageOfMoment(stackPid);
  const watch = watchPeaks(stackPid);
  try {
    const result = await act();
    const after = usageOfMoment(stackPid);
    return { result, spent: { cpuSeconds: difference(after, before), peaks: larger(watch.peaks(), after) } };
  } finally {
    watch.stop();
  }
}

function difference(after: Usage, before: Usage): Usage['cpuSeconds'] {
  const { cpuSeconds: until } = before;
  const { millrace, duckdb, postgres, temporal, hand } = after.cpuSeconds;
  return {
    millrace: millrace - until.millrace,
    duckdb: duckdb - until.duckdb,
    postgres: postgres - until.postgres,
    temporal: temporal - until.temporal,
    hand: hand - until.hand,
  };
}
