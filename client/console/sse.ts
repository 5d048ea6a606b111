/** Server-sent events, read from the text of a response as it comes. Pure. */

export interface ServerSentEvent {
  /** `message` where the server named none. */
  event: string;
  data: string;
  id?: string;
}

/**
 * Makes a reader that takes the text piece by piece, however it is cut, and answers the events that are complete.
 * Comments, which servers send as heartbeats, make no event.
 */
export function createSseReader(): (piece: string) => ServerSentEvent[] {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let id: string | undefined;

  const take = (line: string): ServerSentEvent | undefined => {
    if (line === '') {
      const complete =
        data.length === 0
          ? undefined
          : {
              event: event === '' ? 'message' : event,
              data: data.join('\n'),
              ...(id === undefined ? {} : { id }),
            };
      event = '';
      data = [];
      return complete;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
    return undefined;
  };

  return (piece) => {
    rest += piece;
    const events: ServerSentEvent[] = [];
    for (;;) {
      const end = /\r\n|\n|\r(?=[^\n])/.exec(rest);
      if (end === null) return events;
      const complete = take(rest.slice(0, end.index));
      rest = rest.slice(end.index + end[0].length);
      if (complete !== undefined) events.push(complete);
    }
  };
}
