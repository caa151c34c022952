import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Step } from './support/history.js';
import { cursorModes, wholeModes } from './support/modes.js';
import { type Stage, openTheStage } from './support/play.js';

/** Histories that are worth to be played every time, through the same checks as random ones. Shrunk counter-examples go here. */

let stage: Stage;

beforeAll(async () => {
  stage = await openTheStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const run: Step = { do: 'run', faults: {} };
const write = (what: 'insert' | 'update' | 'set back' | 'delete', block: number, by = -1): Step => ({ do: what, block, by });
const cutOff = (slice: number, loaded: boolean, forgets = false): Step => ({
  do: 'run',
  faults: { dies: { slice, loaded, forgets } },
});

const HISTORIES: Readonly<Record<string, readonly Step[]>> = {
  'a late commit below the cursor': [write('insert', 0, 0), write('insert', 1), run, { do: 'commit', by: 0 }, run],
  'updates inside a first read that is cut off, before and behind the cut': [
    ...[{ do: 'fill', by: -1 } as const, cutOff(1, true), write('update', 0), write('update', 4), write('delete', 1), run],
  ],
  'a first read that is cut off and forgotten, with a row that is gone before the next': [
    ...[{ do: 'fill', by: -1 } as const, cutOff(1, true, true), write('delete', 0), cutOff(2, false, true), run],
  ],
  'a delete and re-insert of one key between two runs': [
    ...[write('insert', 0), write('insert', 1), run, write('delete', 0), write('insert', 0), run],
  ],
  'a delete and re-insert of one key in one transaction that a run meets open': [
    ...[write('insert', 0, 0), { do: 'commit', by: 0 } as const, run, write('delete', 0, 0), write('insert', 0, 0), run],
  ],
  'a last load whose answer is lost with all that was told': [write('insert', 0), cutOff(1, true, true), write('update', 0), run],
};

const SET_BACK: Readonly<Record<string, readonly Step[]>> = {
  'a row whose cursor goes back below what is held': [write('insert', 0), write('insert', 1), run, write('set back', 0), run],
  'the newest row goes back': [write('insert', 0), run, write('set back', 0), run, write('update', 0), run],
};

const modes = { ...wholeModes(() => stage.destination), ...cursorModes(() => stage.destination) };
const merging = Object.entries(modes).filter(([, { setBack }]) => setBack);
/** Those that differ in how they read or in what they keep; random histories play them all. */
const SOME = ['mirror, soft', 'scd2 of whole reads', 'incremental_append by time', 'incremental_deduped by time'];

describe.each(Object.entries(HISTORIES))('%s', (_what, steps) => {
  test.each(Object.entries(modes).filter(([name]) => SOME.includes(name)))('%s', async (_name, mode) => stage.play(steps, mode));
});

describe.each(Object.entries(SET_BACK))('%s', (_what, steps) => {
  test.each(merging)('%s', async (_name, mode) => stage.play(steps, mode));
});
