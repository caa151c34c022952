import { afterAll, beforeAll } from 'vitest';
import { wholeModes } from './support/modes.js';
import { type Stage, openTheStage } from './support/play.js';
import { testProperties } from './support/properties.js';

/** Whatever happens to a table, each write mode holds what it promises. */

let stage: Stage;

beforeAll(async () => {
  stage = await openTheStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

testProperties(
  wholeModes(() => stage.destination),
  () => stage,
);
