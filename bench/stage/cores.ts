/** The server under test has this core to itself; everything else, this program included, runs on the others. */
export const SERVER_CORE = '0'
