import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';

/** Below this a payload stays readable in the Temporal Web UI; nobody reads one that is longer. */
const SMALLEST_BYTES = 32 * 1024;
const ENCODING = 'binary/deflate';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * Compresses what is large: the places of thousands of streams are repetitive, and Temporal warns of payloads above 256 KB
 * and refuses those above 2 MB. Clients and workers must use the same.
 */
export const payloadCodec: PayloadCodec = {
  encode: (payloads) => Promise.all(payloads.map(compressed)),
  decode: (payloads) => Promise.all(payloads.map(restored)),
};

async function compressed(payload: Payload): Promise<Payload> {
  if (!payload.data || payload.data.length < SMALLEST_BYTES) return payload;
  const data = await deflate(payload.data);
  return {
    metadata: { ...payload.metadata, encoding: Buffer.from(ENCODING), inner: payload.metadata?.['encoding'] ?? new Uint8Array() },
    data,
  };
}

async function restored(payload: Payload): Promise<Payload> {
  const { encoding, inner, ...metadata } = payload.metadata ?? {};
  if (!encoding || Buffer.from(encoding).toString() !== ENCODING || !payload.data || !inner) return payload;
  return { metadata: { ...metadata, encoding: inner }, data: await inflate(payload.data) };
}

/** For every client and worker of Millrace. */
export const dataConverter = { payloadCodecs: [payloadCodec] };
