import { createStore } from '../store.js';

/** What stands beside the lists: the number in work, or the box for many codes. */
export const panel = createStore<'work' | 'bulk'>('work');
