import { proxyActivities } from '@temporalio/workflow';
import type {
  Activities,
  ExtractInput,
  ExtractTogetherInput,
  Extracted,
  LoadInput,
  Loaded,
  TransformInput,
  Transformed,
  Verified,
  VerifyInput,
} from '../activities/contract.js';
import { POLICIES } from './policies.js';
import { count, placeText, summary } from './steps-text.js';

/** The activities of a feed, each with a line for the Temporal Web UI that says what it works on. */

const { extract } = proxyActivities<Activities>(POLICIES.extract);
const { extractTogether } = proxyActivities<Activities>(POLICIES.extractTogether);
const { transform } = proxyActivities<Activities>(POLICIES.transform);
const { load } = proxyActivities<Activities>(POLICIES.load);
const { verify } = proxyActivities<Activities>(POLICIES.verify);

export function extractSlice(input: ExtractInput): Promise<Extracted> {
  return extract.executeWithOptions(
    {
      ...POLICIES.extract,
      summary: summary(`extract ${input.feed} slice ${input.place.seq + 1}, from ${placeText(input.place)}`),
    },
    [input],
  );
}

export function extractFirstSlices(input: ExtractTogetherInput): Promise<readonly (Extracted | null)[]> {
  const names = input.feeds.map(({ feed }) => feed).join(', ');
  return extractTogether.executeWithOptions(
    { ...POLICIES.extractTogether, summary: summary(`extract ${input.feeds.length} streams together: ${names}`) },
    [input],
  );
}

export function transformSlice(input: TransformInput, seq: number): Promise<Transformed> {
  return transform.executeWithOptions(
    { ...POLICIES.transform, summary: summary(`transform ${input.feed} slice ${seq}, ${count(input.slice.rows)} rows`) },
    [input],
  );
}

export function loadSlice(input: LoadInput): Promise<Loaded> {
  return load.executeWithOptions(
    { ...POLICIES.load, summary: summary(`load ${input.feed} slice ${input.seq}, ${count(input.slice.rows)} rows`) },
    [input],
  );
}

export function verifyStream(input: VerifyInput): Promise<Verified> {
  return verify.executeWithOptions({ ...POLICIES.verify, summary: summary(`verify ${input.stream}, by ${input.method}`) }, [
    input,
  ]);
}
