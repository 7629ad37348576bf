// What an event is, whatever the service.

/** What a change says about itself. */
export interface NewEvent<Type extends string = string, Data = object> {
  type: Type
  /** Without secrets, codes and tokens. */
  data: Data
}

/** An event as it is stored and delivered. */
export interface PostedEvent<Type extends string = string, Data = object> extends NewEvent<Type, Data> {
  /** A UUIDv7, and unique: a consumer that has seen it must not apply it again. */
  id: string
  userId: string
  /** 1, 2, 3 … for each user, in the order in which the changes were committed. */
  seq: number
  at: Date
  /** The W3C traceparent of the request that caused it. */
  traceParent: string | null
}

/** Any new event of a service, told apart by its type. `Data` has the data of each type. */
export type NewEventOf<Data> = { [Type in keyof Data & string]: NewEvent<Type, Data[Type]> }[keyof Data & string]

/** Any event of a service, told apart by its type. */
export type PostedEventOf<Data> = { [Type in keyof Data & string]: PostedEvent<Type, Data[Type]> }[keyof Data & string]

/** False for a type that only a newer version of the service knows. */
export type IsEventType = (type: string) => boolean
