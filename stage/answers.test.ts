import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { tempHome } from '../test/support/temp-home.js';
import { putAnswer, sweepAnswers, takeAnswer } from './answers.js';
import { openStage } from './store.js';

test('an answer is taken once, and what nobody took is swept when it is old', async () => {
  await using home = await tempHome('answers');
  const stage = openStage(pathToFileURL(home.path).href);
  const [taken, left] = [await putAnswer(stage, { rows: [['1']] }), await putAnswer(stage, { rows: [] })];
  expect(await takeAnswer(stage, taken)).toEqual({ rows: [['1']] });
  await expect(takeAnswer(stage, taken)).rejects.toMatchObject({ code: 'stage.corrupt' });
  expect(await sweepAnswers(stage, new Date(Date.now() - 60_000))).toBe(0);
  expect(await sweepAnswers(stage, new Date(Date.now() + 60_000))).toBe(1);
  await expect(takeAnswer(stage, left)).rejects.toMatchObject({ code: 'stage.corrupt' });
  expect(await stage.list('_answers')).toEqual([]);
});
