import { useEffect, useState } from 'preact/hooks';
import { useShared } from '../context.js';
import { Icon } from './icons.js';

const TOLD_MS = 2_000;

/** A text that others ask for, and a button that copies it. */
export function CopyText({ label, text }: { label: string; text: string }) {
  const { announce } = useShared();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), TOLD_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  // Pages that are not served over TLS nor from this machine have no clipboard.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  return (
    <p class="copy">
      <span class="copy-label">{label}</span> <code>{text}</code>
      {clipboard !== undefined && (
        <button
          type="button"
          class="icon-button"
          aria-label={`Copy ${label}`}
          title={`Copy ${label}`}
          onClick={() => {
            clipboard.writeText(text).then(
              () => {
                setCopied(true);
                announce(`${label} copied.`);
              },
              () => announce(`${label} could not be copied.`),
            );
          }}
        >
          <Icon name={copied ? 'check' : 'copy'} size={16} />
        </button>
      )}
    </p>
  );
}
