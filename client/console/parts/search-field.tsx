import type { RefObject } from 'preact';
import { Icon } from './icons.js';

export function SearchField({
  field,
  text,
  onText,
}: {
  field: RefObject<HTMLInputElement | null>;
  text: string;
  onText: (text: string) => void;
}) {
  return (
    <search class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label="Search numbers"
        placeholder="Last digits, label, business or id"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault();
            if (text === '') event.currentTarget.blur();
            else onText('');
          } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            document.querySelector<HTMLElement>('[data-row]')?.focus();
          }
        }}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
    </search>
  );
}
