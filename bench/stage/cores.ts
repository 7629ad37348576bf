/** The core of the server under test. Everything else, including this program, runs on the other cores. */
export const SERVER_CORE = '0'
