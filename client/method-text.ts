import type { CodeMethod } from '../workflows/messages.js';

/** How a code is delivered, in words: `sent by call`. */
export const METHOD_TEXTS: Record<CodeMethod, string> = { SMS: 'SMS', VOICE: 'call' };
