import { createHash } from 'node:crypto';
import { canonicalJson } from '../../checkpoint/position.js';

/**
 * Labels that a project puts on what it makes: whose it is, and digests of what was applied last, so that a change by
 * somebody else is noticed.
 * @module
 */

export const OWN_PREFIX = 'millrace/';
const PROJECT = `${OWN_PREFIX}project`;
const APPLIED = `${OWN_PREFIX}applied`;
export const OWN_LABELS = [PROJECT, APPLIED].length;

type Labels = Readonly<Record<string, string>>;
/** What a resource is described by, field by field, without what is usual. */
export type Description = Readonly<Record<string, unknown>>;

/** Without ours. */
export function ownLabels(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith(OWN_PREFIX)));
}

export function projectOf(labels: Labels): string | undefined {
  return labels[PROJECT];
}

export function marked(labels: Labels, project: string, description: Description): Record<string, string> {
  return { ...labels, [PROJECT]: project, [APPLIED]: digestsOf(description) };
}

/** Whether the marks say what they should: whose it is, and that it is as it was applied. */
export function isMarked(labels: Labels, project: string, description: Description): boolean {
  return projectOf(labels) === project && APPLIED in labels && driftOf(labels, description).length === 0;
}

/** `schedule:1f0c9a3b,streams:…`: short, because a label has at most 255 characters. */
function digestsOf(description: Description): string {
  return Object.entries(description)
    .map(([field, value]) => `${field}:${digest(value)}`)
    .toSorted()
    .join(',');
}

/** The fields that are not as they were applied. Of what was never applied nobody knows. */
export function driftOf(labels: Labels, description: Description): readonly string[] {
  const applied = labels[APPLIED];
  if (applied === undefined) return [];
  const then = new Map(applied.split(',').map((pair) => pair.split(':') as [string, string]));
  const fields = Object.keys(description).filter((field) => then.has(field));
  return fields.filter((field) => then.get(field) !== digest(description[field]));
}

/** It tells changes from each other and protects nothing. */
function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 8);
}
