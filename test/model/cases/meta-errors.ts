/** Meta's documented errors, each as a fault can answer it, and the calls it is likely to come from. */
import type { Endpoint } from '../../../simulator/request-log.js';
import type { MetaError } from './case.js';

interface LikelyError {
  from: readonly Endpoint[];
  error: MetaError;
}

const ANYWHERE: readonly Endpoint[] = [
  'read',
  'register',
  'deregister',
  'requestCode',
  'verifyCode',
  'setPin',
];
const REGISTRATION: readonly Endpoint[] = ['register', 'deregister'];
const usage = (minutes: number) => ({
  'x-business-use-case-usage': JSON.stringify({
    '102290129340398': [{ type: 'whatsapp', estimated_time_to_regain_access: minutes }],
  }),
});
const plain = (codes: readonly number[]): LikelyError[] =>
  codes.map((code) => ({ from: ANYWHERE, error: { code } }));

export const META_ERRORS: readonly LikelyError[] = [
  { from: REGISTRATION, error: { code: 133000 } },
  { from: REGISTRATION, error: { code: 133004 } },
  { from: REGISTRATION, error: { code: 133004, executed: true } },
  { from: ['register'], error: { code: 133005, details: 'The PIN does not match.' } },
  { from: ['register'], error: { code: 133006 } },
  {
    from: ['register'],
    error: { code: 133008, details: 'Please try again after 2 hours and 30 minutes.' },
  },
  { from: ['register'], error: { code: 133009, details: 'Please try again after 90 seconds.' } },
  { from: ['register'], error: { code: 133009 } },
  { from: ['register', 'setPin'], error: { code: 133010 } },
  { from: ['register'], error: { code: 133015 } },
  { from: REGISTRATION, error: { code: 133016 } },
  { from: ['requestCode'], error: { code: 136024 } },
  { from: ['requestCode'], error: { code: 136024, subcode: 2388367 } },
  { from: ['requestCode'], error: { code: 136024, subcode: 2388091 } },
  { from: ['verifyCode'], error: { code: 136025 } },
  ...plain([131000, 131016, 131057, 1, 2]),
  ...[131000, 1].map((code) => ({ from: ANYWHERE, error: { code, executed: true } })),
  ...plain([4, 17, 32, 613, 80007, 130429]),
  { from: ANYWHERE, error: { code: 80008, headers: usage(12) } },
  { from: ANYWHERE, error: { code: 80008, headers: usage(90) } },
  { from: ANYWHERE, error: { code: 4, headers: { 'retry-after': '45' } } },
  {
    from: ['register', 'setPin'],
    error: { code: 131031, details: 'The two-step verification PIN does not match.' },
  },
  { from: ANYWHERE, error: { code: 131031, details: 'The account is locked.' } },
  ...plain([0, 190, 102, 104]),
  { from: ANYWHERE, error: { code: 190, subcode: 463 } },
  { from: ANYWHERE, error: { code: 190, subcode: 467 } },
  ...plain([3, 10, 200, 131005, 368, 33, 803, 131008, 131009]),
  { from: ANYWHERE, error: { code: 100, subcode: 33 } },
  // Done, so that what it says is so: told of a registered number, it would be taken for an undo that was none.
  { from: ['deregister'], error: { code: 100, subcode: 2207051, executed: true } },
  { from: ANYWHERE, error: { code: 100, details: 'Meta will not do this.' } },
  { from: ['register'], error: { code: 100, subcode: 2388001 } },
  ...[2388012, 2388093, 2388103].map((subcode) => ({
    from: ['register', 'requestCode'] as const,
    error: { code: 100, subcode },
  })),
  { from: ANYWHERE, error: { code: 190_190, details: 'An error that nobody knows.' } },
  { from: ANYWHERE, error: { code: 190_191, status: 503, details: 'An error that passes.' } },
];
