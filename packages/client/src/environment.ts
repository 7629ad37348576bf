// What the client runs in.

/** A page or a worker of a browser. On a server, which renders pages, clients may belong to different users. */
export const isPage = (): boolean => 'location' in globalThis
