// A vitest reporter that counts what passed and failed, for the last line of `npm test`. Vitest's own count leaves out
// files that cannot be loaded, hooks that fail, and errors outside of any test. A run without tests is a failure.
import { writeFileSync } from 'node:fs'

/** The variable that names the file for the count. */
export const COUNT_FILE = 'TEST_COUNT_FILE'

/** The count of a run without tests. */
export const NO_TEST = '0 passed, 1 failed: no test ran'

/** @returns {import('vitest/reporters').Reporter} */
export default function countingReporter() {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      let [passed, failed] = [0, unhandledErrors.length]
      for (const module of modules) {
        const suites = [module, ...module.children.allSuites()]
        failed += suites.filter((suite) => suite.errors().length > 0).length
        for (const test of module.children.allTests()) {
          const { state } = test.result()
          if (state === 'passed') passed += 1
          if (state === 'failed') failed += 1
        }
      }
      const isEmpty = passed + failed === 0
      // Vitest itself exits with 0 if files match but no test in them.
      if (isEmpty) process.exitCode = 1
      const file = process.env[COUNT_FILE]
      if (file) writeFileSync(file, isEmpty ? NO_TEST : `${passed} passed, ${failed} failed`)
    },
  }
}
