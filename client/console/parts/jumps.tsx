import type { DeskGroups } from '../desk-list.js';

/** The ways to each list, where there are several. */
export function Jumps({ groups }: { groups: DeskGroups }) {
  const all: [string, string, number][] = [
    ['group-code', 'Code', groups.waiting.length + groups.needCode.length],
    ['group-agent', 'Agent', groups.agent.length],
    ['group-parked', 'Parked', groups.parked.length],
  ];
  const jumps = all.filter(([, , count]) => count > 0);
  if (jumps.length < 2) return null;
  return (
    <nav class="jumps" aria-label="Desk">
      {jumps.map(([id, label, count]) => (
        <a
          key={id}
          href={`#${id}`}
          onClick={(event) => {
            event.preventDefault();
            const heading = document.getElementById(id);
            heading?.scrollIntoView({ block: 'start' });
            heading?.focus({ preventScroll: true });
          }}
        >
          {label} <span class="count">{count}</span>
        </a>
      ))}
    </nav>
  );
}
