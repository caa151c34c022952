import { proxyActivities } from '@temporalio/workflow';
import type { Activities, ExtractInput, Extracted, LoadInput, Loaded, Place, TransformInput, Transformed } from '../activities/contract.js';
import { POLICIES } from './policies.js';

/** The activities of a feed, each with a line for the Temporal Web UI that says what it works on. */

const { extract } = proxyActivities<Activities>(POLICIES.extract);
const { transform } = proxyActivities<Activities>(POLICIES.transform);
const { load } = proxyActivities<Activities>(POLICIES.load);

export function extractSlice(input: ExtractInput): Promise<Extracted> {
  return extract.executeWithOptions({ ...POLICIES.extract, summary: summary(`extract ${input.feed} slice ${input.place.seq + 1}, from ${placeText(input.place)}`) }, [input]);
}

export function transformSlice(input: TransformInput, seq: number): Promise<Transformed> {
  return transform.executeWithOptions({ ...POLICIES.transform, summary: summary(`transform ${input.feed} slice ${seq}, ${count(input.slice.rows)} rows`) }, [input]);
}

export function loadSlice(input: LoadInput): Promise<Loaded> {
  return load.executeWithOptions({ ...POLICIES.load, summary: summary(`load ${input.feed} slice ${input.seq}, ${count(input.slice.rows)} rows`) }, [input]);
}

/** A position in words. */
export function placeText({ position }: Pick<Place, 'position'>): string {
  switch (position.kind) {
    case 'start':
      return 'the start';
    case 'end':
      return 'the end';
    case 'scan':
      return `${position.scan.by.join(', ')} > ${position.scan.after.join(', ')}`;
    case 'cursor':
      return `${position.cursor.field} ${position.cursor.value ?? 'NULL'}`;
  }
}

/** 1234567 → 1,234,567; workflow code has no locale of its own to rely on. */
export function count(rows: number): string {
  return String(rows).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Temporal keeps 200 bytes of a summary. */
function summary(text: string): string {
  return text.length <= 190 ? text : `${text.slice(0, 189)}…`;
}
