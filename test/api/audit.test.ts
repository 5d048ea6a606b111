import fs, { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type AuditEntry, openAudit } from '../../client/api/audit.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ENTRY: AuditEntry = {
  ...{ who: 'Ana "the desk"\n', action: 'claim', phoneNumberId: '106540352242922' },
  ...{ from: '10.1.2.3', requestId: 'r-1', status: 200, outcome: 'held' },
};
const clock = () => new Date('2026-11-23T10:00:00.000Z');

test('each entry is one line of JSON, there as soon as it is written, and readable by its owner only', async () => {
  const file = join(folder, 'not', 'yet', 'there.jsonl');
  const audit = await openAudit({ file }, { clock });
  audit.write(ENTRY);
  const [line, rest] = readFileSync(file, 'utf8').split('\n');
  expect(JSON.parse(line ?? '')).toEqual({
    log: 'audit',
    time: '2026-11-23T10:00:00.000Z',
    ...ENTRY,
  });
  expect(rest).toBe('');
  expect(statSync(file).mode & 0o077).toBe(0);
  await audit.close();
});

test('lines of before stay, also those of another process, and a file that was truncated goes on from its beginning', async () => {
  const file = join(folder, 'audit.jsonl');
  const [first, second] = [await openAudit({ file }), await openAudit({ file })];
  for (const audit of [first, second, first]) audit.write(ENTRY);
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines()).toHaveLength(3);
  truncateSync(file);
  second.write(ENTRY);
  expect(lines()).toHaveLength(1);
  expect(() => JSON.parse(lines()[0] ?? '')).not.toThrow();
  await first.close();
  await second.close();
});

test('a disk that is full is told once, and nothing breaks', async () => {
  const errors: Error[] = [];
  const audit = await openAudit({ file: '/dev/full' }, { onError: (error) => errors.push(error) });
  for (let times = 0; times < 3; times += 1) audit.write(ENTRY);
  await audit.close();
  expect(errors).toMatchObject([{ code: 'ENOSPC' }]);
});

test('a disk that is full again after lines could be written is told again', async () => {
  const errors: Error[] = [];
  const file = join(folder, 'audit.jsonl');
  const audit = await openAudit({ file }, { onError: (error) => errors.push(error) });
  const writing = vi.spyOn(fs, 'writeSync');
  onTestFinished(() => writing.mockRestore());
  const full = () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  for (const told of [1, 2]) {
    writing.mockImplementationOnce(full).mockImplementationOnce(full);
    for (let times = 0; times < 3; times += 1) audit.write(ENTRY);
    expect(errors).toHaveLength(told);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(3 * told);
  }
  await audit.close();
});

test('whether a line is written is known at once, also when lines of before could not be', async () => {
  const file = join(folder, 'audit.jsonl');
  const audit = await openAudit({ file });
  const writing = vi.spyOn(fs, 'writeSync');
  onTestFinished(() => writing.mockRestore());
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean);
  expect(audit.writeNow(ENTRY)).toBe(true);
  expect(lines()).toHaveLength(1);
  writing.mockImplementationOnce(() => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  expect(audit.writeNow(ENTRY)).toBe(false);
  expect(lines()).toHaveLength(1);
  expect(audit.writeNow(ENTRY)).toBe(true);
  expect(lines()).toHaveLength(3);
  await audit.close();
});

test('no line counts as written on a disk that stays full, however many are lost', async () => {
  const audit = await openAudit({ file: '/dev/full' });
  const long = { ...ENTRY, reason: 'x'.repeat(300_000) };
  for (let times = 0; times < 8; times += 1) expect(audit.writeNow(long)).toBe(false);
  await audit.close();
});

test('a file that cannot be opened is refused when it is opened', async () => {
  await expect(openAudit({ file: '/dev/null/audit.jsonl' })).rejects.toThrow(/EEXIST|ENOTDIR/);
});
