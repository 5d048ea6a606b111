import { useMay } from '../context.js';
import { Dialog } from './dialog.js';

/** The keys of the page, as far as the reader may do what they do. */
export function ShortcutList() {
  const maySubmit = useMay('code:submit');
  const mayStart = useMay('onboarding:start');
  const keys: [string[], string][] = [
    [['/'], 'search'],
    [['j', 'k'], 'down and up in the lists, as the arrow keys do'],
    [['Enter'], maySubmit ? 'take the number and enter its code' : 'open the number'],
    ...(maySubmit
      ? ([
          [['n'], 'next number: the oldest good code nobody holds'],
          [['m'], 'many codes at once'],
        ] satisfies [string[], string][])
      : []),
    ...(mayStart ? ([[['s'], 'start a number']] satisfies [string[], string][]) : []),
    [['Esc'], 'back; gives the number back'],
    [['?'], 'these keys'],
  ];
  return (
    <dl class="keys">
      {keys.map(([names, what]) => (
        <div key={what}>
          <dt>
            {names.map((name) => (
              <kbd key={name}>{name}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <ShortcutList />
      <p class="quiet">A letter does nothing while you type in a field.</p>
    </Dialog>
  );
}
