// The options with which Node.js was started. Not in index.ts, which loads the rules of all variables.

export const nodeOptions = (env = process.env): string[] => [
  ...process.execArgv,
  ...(env['NODE_OPTIONS'] ?? '').split(/\s+/),
]
