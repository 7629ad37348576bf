// A plugin of buf and protoc: writes the OpenAPI document of the gateway from the annotations and comments of the protos.
import { create, createFileRegistry } from '@bufbuild/protobuf'
import {
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { runNodeJs } from '@bufbuild/protoplugin'
import { openApiDocument } from './document.ts'

runNodeJs({
  name: 'protoc-gen-openapi',
  version: '1.0.0',
  run({ protoFile, fileToGenerate }) {
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: protoFile }))
    const files = fileToGenerate.flatMap((name) => registry.getFile(name) ?? [])
    const document = openApiDocument(registry, files)
    return create(CodeGeneratorResponseSchema, {
      supportedFeatures: BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
      file: [{ name: 'openapi.json', content: `${JSON.stringify(document, null, 2)}\n` }],
    })
  },
})
