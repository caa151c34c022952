import { randomBytes } from 'node:crypto';

export interface SliceAddress {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly run: number;
  readonly feed: string;
  readonly slice: number;
}

/** A stream's name as one path part: readable, and never able to leave its folder. */
export function pathPart(name: string): string {
  return encodeURIComponent(name)
    .replaceAll('*', '%2A')
    .replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}

export const connectionFolder = (address: Pick<SliceAddress, 'workspaceId' | 'connectionId'>): string =>
  `${address.workspaceId}/${address.connectionId}`;

export const runFolder = (address: Pick<SliceAddress, 'workspaceId' | 'connectionId' | 'run'>): string =>
  `${connectionFolder(address)}/${address.run}`;

/** A folder of one attempt: nothing that another attempt wrote can be in it (I8). */
export function sliceFolder(address: SliceAddress, step: 'extract' | 'transform'): string {
  return `${runFolder(address)}/${pathPart(address.feed)}/${address.slice}.${step}-${randomBytes(6).toString('hex')}`;
}

/** Rejected rows outlive their run. A folder belongs to one attempt, as that of a slice does. */
export const rejectsFolder = (address: SliceAddress): string =>
  `${connectionFolder(address)}/rejects/${pathPart(address.feed)}/${address.run}-${address.slice}.${randomBytes(6).toString('hex')}`;

/** Large boundary sets outlive their run: a cursor refers to them. */
export const boundaryFolder = (address: SliceAddress): string =>
  `${connectionFolder(address)}/boundaries/${pathPart(address.feed)}`;
