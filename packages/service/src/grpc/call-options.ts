// The time limits of a call to a service.

export interface CallOptions {
  /** When the caller no longer needs the response. The service receives it. */
  readonly deadline: Date
  /** The client has chosen the deadline, which is earlier than that of the gateway. */
  readonly isClientsDeadline?: boolean
  /** Cancels the call, for example when the client has disconnected. */
  readonly signal: AbortSignal
}
