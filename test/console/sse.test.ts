import { describe, expect, test } from 'vitest';
import { createSseReader } from '../../client/console/sse.js';

const STREAM = [
  'retry: 3000',
  '',
  ': still here',
  '',
  'event: connection',
  'data: {"temporal":"ok"}',
  '',
  'id: 7',
  'data: first',
  'data:second',
  '',
  'event: nothing',
  '',
  '',
];

const EVENTS = [
  { event: 'connection', data: '{"temporal":"ok"}' },
  { event: 'message', data: 'first\nsecond', id: '7' },
];

describe('server-sent events', () => {
  test.each([
    ['\n', 'line feeds'],
    ['\r\n', 'carriage returns and line feeds'],
    ['\r', 'carriage returns'],
  ])('are read the same with %j between lines', (end) => {
    const read = createSseReader();
    expect([...read(STREAM.join(end)), ...read('\n')]).toEqual(EVENTS);
  });

  test.each([1, 2, 3, 5, 7])('are read the same cut into pieces of %i characters', (size) => {
    const read = createSseReader();
    const text = STREAM.join('\r\n');
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    expect(pieces.flatMap(read)).toEqual(EVENTS);
  });

  test('an event that is not complete is kept back until it is', () => {
    const read = createSseReader();
    expect(read('event: gone\ndata: {"a":')).toEqual([]);
    expect(read('1}\n')).toEqual([]);
    expect(read('\n')).toEqual([{ event: 'gone', data: '{"a":1}' }]);
  });

  test('a colon in the data stays', () => {
    expect(createSseReader()('data: 14:32:05\n\n')).toEqual([
      { event: 'message', data: '14:32:05' },
    ]);
  });
});
