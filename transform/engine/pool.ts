import { Slots } from '../../platform/duckdb/slots.js';
import { TransformChild } from './child-process.js';
import { residentMemoryMb } from './resident-memory.js';

/** DuckDB does not give all memory back, so a child serves so many jobs and no more. */
const MAX_JOBS = 20;
const MAX_IDLE_MB = 250;

/** Two transforms at a time in this process; the others wait. */
const slots = new Slots(2);
const busy = new Set<TransformChild>();
/** Started ahead, because a start takes 0.2–0.4 s. */
let idle: TransformChild | undefined;

/** Starts a child ahead of the first job. */
export function warmTransformPool(): void {
  idle ??= new TransformChild();
}

/** Lends a child to `work`. It serves again when it has answered, is not too old and not too large. */
export function withChild<T>(work: (child: TransformChild) => Promise<T>, signal: AbortSignal): Promise<T> {
  return slots.use(async () => {
    const child = takeIdle();
    busy.add(child);
    try {
      return await work(child);
    } finally {
      await giveBack(child);
      busy.delete(child);
    }
  }, signal);
}

/** Ends every child of this process, also those that work. The pool starts again with the next transform. */
export async function closeTransformPool(): Promise<void> {
  const children = [...busy, ...(idle ? [idle] : [])];
  idle = undefined;
  await Promise.all(children.map((child) => child.kill()));
}

function takeIdle(): TransformChild {
  const child = idle?.ready ? idle : new TransformChild();
  idle = undefined;
  return child;
}

async function giveBack(child: TransformChild): Promise<void> {
  const tooLarge = ((await residentMemoryMb(child.pid ?? 0)) ?? Infinity) > MAX_IDLE_MB;
  if (idle || child.jobs >= MAX_JOBS || tooLarge || !child.ready) await child.kill();
  else idle = child;
}
