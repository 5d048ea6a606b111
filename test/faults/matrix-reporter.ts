/** Prints the fault matrix when the tests are over. For `npm run test:faults`. */
import type { Reporter, TestModule } from 'vitest/node';
import { type CellReport, matrixTable } from './matrix-table.js';

export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const reports: CellReport[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { faultCell } = test.meta();
        if (faultCell !== undefined) {
          reports.push({ ...faultCell, passed: test.result().state === 'passed' });
        }
      }
    }
    process.stdout.write(`\n${matrixTable(reports)}\n`);
  }
}
