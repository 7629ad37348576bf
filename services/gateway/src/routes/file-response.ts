// How the response of an RPC is sent as a file: the option `file_response`.
import { type DescField, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf'
import { file_response as fileResponse } from '@postern/proto/common'
import { textField } from './field-path.js'

/** The fields of the response. */
export interface FileFields {
  readonly content: DescField
  readonly mediaType: DescField
  readonly name: DescField
  /** What leads to the next page. Null: the response is the whole file. */
  readonly next: { readonly nextPageToken: DescField; readonly pageToken: DescField } | null
}

/** Null for a response that is no file. Throws an Error if the option names no texts. */
export function fileFieldsOf(method: DescMethod): FileFields | null {
  if (!hasOption(method, fileResponse)) return null
  const { input, output } = method
  const { content, mediaType, fileName } = getOption(method, fileResponse)
  return {
    content: textField(output, content),
    mediaType: textField(output, mediaType),
    name: textField(output, fileName),
    next: output.field['nextPageToken']
      ? { nextPageToken: textField(output, 'next_page_token'), pageToken: textField(input, 'page_token') }
      : null,
  }
}
