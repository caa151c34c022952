/**
 * Answers that hold rows: an activity writes them here, so that they pass through nothing else, and whoever asked takes them.
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { Stage } from './store.js';

const FOLDER = '_answers';

export interface AnswerRef {
  readonly key: string;
  readonly sha256: string;
}

/** The folder's name says since when, so that what nobody took can be swept. */
export async function putAnswer(stage: Stage, answer: unknown): Promise<AnswerRef> {
  const folder = `${FOLDER}/${Date.now()}-${randomBytes(12).toString('hex')}`;
  const { key, sha256 } = await stage.putText(`${folder}/answer.json`, JSON.stringify(answer));
  return { key, sha256 };
}

/** Reads an answer and removes it. @throws MillraceError `stage.corrupt` */
export async function takeAnswer(stage: Stage, { key, sha256 }: AnswerRef): Promise<unknown> {
  try {
    return JSON.parse(await stage.getText(key, sha256)) as unknown;
  } finally {
    await stage.remove(key.slice(0, key.lastIndexOf('/')));
  }
}

/** Removes answers that nobody has taken, as after the death of who asked. @returns how many */
export async function sweepAnswers(stage: Stage, before: Date): Promise<number> {
  const old = (await stage.list(FOLDER)).filter((name) => Number(name.split('-')[0]) < before.getTime());
  for (const name of old) await stage.remove(`${FOLDER}/${name}`);
  return old.length;
}
