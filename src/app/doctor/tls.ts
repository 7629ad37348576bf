// Which connections leave this machine without TLS.

/** Whether a host is this machine. IPv6 addresses have no brackets. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d+){3}$/.test(host)
