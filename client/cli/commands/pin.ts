import { type AddCommand, examples } from '../command.js';
import { addPinExport } from './pin-export.js';
import { addPinImport } from './pin-import.js';
import { addPinKeygen } from './pin-keygen.js';
import { addPinProvide } from './pin-provide.js';
import { addPinRemove } from './pin-remove.js';
import { addPinReveal } from './pin-reveal.js';
import { addPinTroubleshoot } from './pin-troubleshoot.js';

export const addPin: AddCommand = (program, session, run) => {
  const pin = program
    .command('pin')
    .summary('PINs that do not work, are lost, seen, or backed up')
    .description('What people do about the two-step-verification PINs in the PIN store.')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard pin troubleshoot 106540352242922',
        'npx wa-onboard pin provide 106540352242922',
        'npx wa-onboard pin export --recipient age1… --out pins.age',
      ),
    );
  addPinTroubleshoot(pin, session, run);
  addPinProvide(pin, session, run);
  addPinReveal(pin, session, run);
  addPinRemove(pin, session, run);
  addPinExport(pin, session, run);
  addPinImport(pin, session, run);
  addPinKeygen(pin, session, run);
};
