import { canonicalJson } from '../checkpoint/position.js';
import { RecentMap } from '../platform/collections/recent-map.js';
import type { Stage } from '../stage/store.js';
import type { StageRef } from './contract.js';
import type { RunPlan } from './plan.js';

const KEPT = 64;
const recent = new RecentMap<string, unknown>(KEPT);

export async function putDocument(stage: Stage, key: string, document: unknown): Promise<StageRef> {
  const text = canonicalJson(document);
  const { sha256 } = await stage.putText(key, text);
  recent.set(sha256, document);
  return { key, sha256 };
}

/** A document whose contents are what the workflow recorded (I8). Equal digests are equal contents, so it is read once. */
export async function getDocument<T>(stage: Stage, ref: StageRef): Promise<T> {
  const known = recent.get(ref.sha256);
  if (known !== undefined) return known as T;
  const document = JSON.parse(await stage.getText(ref.key, ref.sha256)) as T;
  recent.set(ref.sha256, document);
  return document;
}

export const getPlan = (stage: Stage, ref: StageRef): Promise<RunPlan> => getDocument<RunPlan>(stage, ref);
