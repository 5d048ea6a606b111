import { goTo, type Route } from '../route.js';

/** For links within the console: without loading the page anew, unless they are opened elsewhere. */
export function onInnerLink(to: Route): (event: MouseEvent) => void {
  return (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    goTo(to);
  };
}
