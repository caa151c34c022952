import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They wait for real timeouts, or ask thousands of things: begun last, each would end the run alone. */
const LONG = [
  'test/contract/openapi',
  'test/cli/journey',
  'test/engine/frozen-worker',
  'test/chaos/chaos',
  'test/cli/project',
  'test/engine/plan',
  'test/steering/replayed',
  'test/engine/type-changes',
  'test/e2e/power-cut',
  'test/e2e/metadata-away',
  'test/platform/quickstart',
];

/** Begins with the files that take longest; nothing else is known of them in a fresh clone. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.includes(`/${name}.test.`));
      return place < 0 ? LONG.length : place;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
