/** A module of the built service. Its types come from src, where the caller names them. */
export const built = (file: string): Promise<unknown> => import(new URL(`../../dist/${file}`, import.meta.url).href)
