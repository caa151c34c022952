import type { SegmentFile } from '../connectors/sdk/destination.js';
import { canonicalJson } from '../checkpoint/position.js';
import { type SliceManifest, type SliceRef, segmentColumns } from './manifest.js';
import type { Stage } from './store.js';

export async function writeManifest(stage: Stage, folder: string, manifest: SliceManifest): Promise<SliceRef> {
  const stored = await stage.putText(`${folder}/manifest.json`, canonicalJson(manifest));
  const bytes = manifest.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return { manifest: stored.key, sha256: stored.sha256, rows: manifest.rows.staged, bytes };
}

/** @throws MillraceError `stage.corrupt` when the manifest is not the one that the workflow recorded (I8) */
export async function readManifest(stage: Stage, ref: Pick<SliceRef, 'manifest' | 'sha256'>): Promise<SliceManifest> {
  return JSON.parse(await stage.getText(ref.manifest, ref.sha256)) as SliceManifest;
}

/** Local files of every segment, contents verified; those that the stage keeps elsewhere are copied to `tempDir`. */
export async function openSegments(
  stage: Stage,
  manifest: Pick<SliceManifest, 'columns' | 'segments'>,
  tempDir: string,
): Promise<SegmentFile[]> {
  return Promise.all(
    manifest.segments.map(async (segment) => ({
      path: await stage.verified(segment.key, segment.sha256, tempDir),
      format: segment.format,
      rows: segment.rows,
      columns: segmentColumns(manifest, segment),
    })),
  );
}
