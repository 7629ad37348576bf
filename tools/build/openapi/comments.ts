// The comments of the protos as Markdown.
import type { DescEnum, DescEnumValue, DescField, DescMessage, DescMethod } from '@bufbuild/protobuf'
import { getComments } from '@bufbuild/protoplugin'
import { camelCase, lowerFirst } from './names.ts'

type Commented = DescEnum | DescEnumValue | DescField | DescMessage | DescMethod

/** The comment above an element, without its line breaks, and with the names that fields and RPCs have in REST. */
export function commentOf(element: Commented): string {
  const { leading = '', trailing = '' } = getComments(element)
  const rpcs = fileOf(element).services.flatMap(({ methods }) => methods.map(({ name }) => name))
  return (leading || trailing)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('buf:lint:'))
    .join('\n')
    .trim()
    .replaceAll(/(?<!\n)\n(?![\n*-])/g, ' ')
    .replaceAll(/`[^`]*`/g, (code) => code.replaceAll(/[a-z0-9]+(?:_[a-z0-9]+)+/g, camelCase))
    .replaceAll(/`([A-Z]\w*)`/g, (code, name: string) => (rpcs.includes(name) ? `\`${lowerFirst(name)}\`` : code))
}

const fileOf = (element: Commented) => ('file' in element ? element.file : element.parent.file)

/** The first sentence of a text, without its period. */
export const firstSentence = (text: string): string => /^.*?(?=[.:](?:\s|$)|$)/s.exec(text)?.[0] ?? ''
