import { inParallel } from '../platform/collections/in-parallel.js';
import type { ExtractTogetherInput, Extracted } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type LoadEnds, extractSlice } from './extract.js';
import { inStep, sayExtracted } from './run-log.js';

/** Streams that are not begun by then have steps of their own, so that nobody waits long for others. */
const BEGIN_WITHIN_MS = 2_000;
/** So do those that are not done by then: a table may be locked, or wait for writers. */
const END_WITHIN_MS = 5_000;

/**
 * Reads the next slices of many feeds that have little to read, most of them nothing: a step for each would cost more than its
 * work. Where that fails for a feed, the step of its own tells why, and tries again.
 */
export function createExtractTogether(dependencies: ActivityDependencies) {
  return ({ run, plan, feeds, parallel }: ExtractTogetherInput): Promise<readonly (Extracted | null)[]> =>
    inStep(dependencies, { run, step: 'extract' }, (shell, say) => {
      const signal = AbortSignal.any([shell.signal, AbortSignal.timeout(END_WITHIN_MS)]);
      const beginUntil = performance.now() + BEGIN_WITHIN_MS;
      let ends: ReturnType<LoadEnds> | undefined;
      const loadEnds: LoadEnds = () => (ends ??= dependencies.store.loadEnds(run.connectionId));
      return inParallel(feeds, parallel, async ({ feed, place }) => {
        if (performance.now() > beginUntil) return null;
        const input = { run, plan, feed, place };
        const extracted = await extractSlice({ ...shell, signal }, dependencies, input, loadEnds).catch(() => null);
        shell.signal.throwIfAborted();
        if (extracted) sayExtracted((level, text) => say(level, text, feed), place.seq + 1, extracted);
        return extracted;
      });
    });
}
