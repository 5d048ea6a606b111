import { cancelsAreHeard } from './cancelling.js';
import { theDeskIsTrue } from './desk.js';
import { endingsAreTrue } from './endings.js';
import { foreignNumbersAreLeftAlone } from './foreign-numbers.js';
import { nothingRefusedIsSentAgain } from './guesses.js';
import { limitsAreKept } from './limits.js';
import { oneRunWritesAtATime } from './one-at-a-time.js';
import { pinsAreKept } from './pins.js';
import type { InvariantRule } from './scene.js';
import { secretsStaySecret } from './secrets.js';
import { unknownIsNotNo } from './unknown-outcomes.js';
import { everyRunWaitsVisibly } from './waiting.js';
import { waitsAreKept } from './waits.js';

/** What holds in every case, whatever happens in it. */
export const INVARIANTS: readonly InvariantRule[] = [
  pinsAreKept,
  oneRunWritesAtATime,
  limitsAreKept,
  secretsStaySecret,
  everyRunWaitsVisibly,
  theDeskIsTrue,
  unknownIsNotNo,
  foreignNumbersAreLeftAlone,
  endingsAreTrue,
  cancelsAreHeard,
  waitsAreKept,
  nothingRefusedIsSentAgain,
];
