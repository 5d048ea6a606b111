import { type AddCommand, examples } from '../command.js';
import { addPinProvide } from './pin-provide.js';

export const addPin: AddCommand = (program, session, run) => {
  const pin = program
    .command('pin')
    .summary('two-step-verification PINs: provide')
    .description('What people do about the two-step-verification PINs in the PIN store.')
    .addHelpText('after', examples('npx wa-onboard pin provide 106540352242922'));
  addPinProvide(pin, session, run);
};
