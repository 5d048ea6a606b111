import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Gives a function that closes the connections on which nothing is being answered, and each other one once its answer is
 * sent, or has not been for the given milliseconds. Node closes those that were used and wait; browsers also open some that they have not used yet, and for those a
 * server that closes would wait until their first request is overdue.
 */
export function closerOf(server: Server, graceMs: number): () => void {
  const answering = new Map<Socket, number>();
  let closing = false;
  const done = (socket: Socket) => {
    const left = (answering.get(socket) ?? 1) - 1;
    if (answering.has(socket)) answering.set(socket, left);
    if (closing && left <= 0) socket.end();
  };
  server.on('connection', (socket: Socket) => {
    if (closing) {
      socket.destroy();
      return;
    }
    answering.set(socket, 0);
    socket.on('close', () => answering.delete(socket));
  });
  server.on('request', ({ socket }: { socket: Socket }, response: ServerResponse) => {
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    response.on('close', () => done(socket));
  });
  return () => {
    closing = true;
    for (const [socket, answers] of answering) if (answers === 0) socket.destroy();
    setTimeout(() => {
      for (const socket of answering.keys()) socket.destroy();
    }, graceMs).unref();
  };
}
