// Where a program listens, and what to print when it can't.

export interface Listening {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number | 'off'
  /** The variable that names the port. */
  readonly variable: string
}

/** One line that names the variable. `error` is the system's. */
export function listenProblem({ host, port, variable }: Listening, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Stop the program that listens there, or set ${variable} to another port.`
  return `Can't listen on ${host}, port ${port}: ${message}`
}
