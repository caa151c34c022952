import { join } from 'node:path';
import { sliceFolder } from '../stage/layout.js';
import type { SliceManifest } from '../stage/manifest.js';
import { openSegments, readManifest, writeManifest } from '../stage/reader.js';
import { runTransform } from '../transform/engine/index.js';
import type { TransformInput, Transformed } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { addressOf } from './place.js';
import { requireFeed } from './plan.js';
import { getPlan } from './plan-store.js';
import { type Shell, inShell } from './shell.js';

/** Runs the stream's SQL over one slice, outside this process, into a slice of its own. */
export function createTransform(dependencies: ActivityDependencies) {
  return (input: TransformInput): Promise<Transformed> => inShell((shell) => transform(shell, dependencies, input));
}

async function transform(shell: Shell, { stage }: ActivityDependencies, input: TransformInput): Promise<Transformed> {
  const feed = requireFeed(await getPlan(stage, input.plan), input.feed);
  const manifest = await readManifest(stage, input.slice);
  const segments = await openSegments(stage, manifest);
  await using temp = await stage.tempDir();
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
  const filtered = output.rowWise ? output.rowsIn - output.rowsOut : 0;
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
