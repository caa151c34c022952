/**
 * Buffers of a megabyte that are used again: memory beside the heap is freed late, and every few megabytes of it make V8 look
 * through all of its heap.
 * @module
 */
export const MEGABYTE = 1 << 20;
/** As many as some streams at a time need. */
const MOST_SPARE = 16;

const spare: Buffer<ArrayBuffer>[] = [];

export const takeMegabyte = (): Buffer<ArrayBuffer> => spare.pop() ?? Buffer.allocUnsafeSlow(MEGABYTE);

/** Takes a buffer back, or a part of it for all of it, that nobody reads or writes any more. Those of other sizes are let go. */
export function giveBack(buffer: Buffer): void {
  const whole = buffer.buffer as ArrayBuffer;
  if (whole.byteLength === MEGABYTE && spare.length < MOST_SPARE) spare.push(Buffer.from(whole));
}
