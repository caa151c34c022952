import type { FeedState } from '../workflows/messages.js';
import { START } from './position.js';

/** Where a feed stands before its first slice. */
export const NEVER_READ: FeedState = { lineage: 1, generation: 1, seq: 0, position: START };
