import { join } from 'node:path';
import { sliceFolder } from '../stage/layout.js';
import type { SliceManifest } from '../stage/manifest.js';
import { openSegments, readManifest, writeManifest } from '../stage/reader.js';
import { type TransformResult, runTransform } from '../transform/engine/index.js';
import { MillraceError } from '../platform/errors/error.js';
import type { TransformInput, Transformed } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { addressOf } from './place.js';
import { requireFeed } from './plan.js';
import { getPlan } from './plan-store.js';
import { inStep, sayTransformed } from './run-log.js';
import type { Shell } from './shell.js';

/** Runs the stream's SQL over one slice, outside this process, into a slice of its own. */
export function createTransform(dependencies: ActivityDependencies) {
  return (input: TransformInput): Promise<Transformed> =>
    inStep(dependencies, { run: input.run, step: 'transform', stream: input.feed }, async (shell, say) => {
      const transformed = await transform(shell, dependencies, input);
      sayTransformed(say, transformed);
      return transformed;
    });
}

async function transform(shell: Shell, { stage }: ActivityDependencies, input: TransformInput): Promise<Transformed> {
  const feed = requireFeed(await getPlan(stage, input.plan), input.feed);
  const manifest = await readManifest(stage, input.slice);
  await using temp = await stage.tempDir();
  const segments = await openSegments(stage, manifest, temp.path);
  const outputPath = join(temp.path, 'output.parquet');
  shell.progress({ step: 'transform', stream: input.feed, slice: manifest.slice, rows: manifest.rows.staged });
  const output = await runTransform({
    sql: feed.sql ?? 'select * from input',
    inputs: segments.map((segment) => segment.path),
    columns: manifest.columns,
    outputPath,
    tempDir: temp.path,
    signal: shell.signal,
  });
  const filtered = countFiltered(output, manifest.rows.staged, input.feed);
  const folder = sliceFolder({ ...addressOf(input.run), feed: input.feed, slice: manifest.slice }, 'transform');
  const stored = await stage.put(`${folder}/0.parquet`, outputPath);
  const transformed: SliceManifest = {
    ...manifest,
    columns: output.columns,
    segments: [{ ...stored, format: 'parquet', rows: output.rowsOut }],
    rows: { ...manifest.rows, filtered, staged: output.rowsOut },
    transformedFrom: input.slice.manifest,
  };
  return { slice: await writeManifest(stage, folder, transformed), filtered };
}

type Counted = Pick<TransformResult, 'rowsIn' | 'rowsOut' | 'inputRowsKept'>;

/**
 * I7: into the transform = staged, and out + filtered = in.
 * @throws MillraceError `load.count_mismatch`
 */
export function countFiltered({ rowsIn, rowsOut, inputRowsKept }: Counted, staged: number, feed: string): number {
  if (rowsIn !== staged)
    throw new MillraceError('load.count_mismatch', {
      detail: `${staged} rows of ${feed} were staged, ${rowsIn} went into the transform.`,
      stream: feed,
    });
  if (inputRowsKept === undefined) return 0;
  const filtered = rowsIn - inputRowsKept;
  if (rowsOut + filtered === rowsIn) return filtered;
  throw new MillraceError('load.count_mismatch', {
    detail: `${rowsOut} rows of ${feed} came out of the transform, of ${inputRowsKept} rows that went in.`,
    stream: feed,
  });
}
