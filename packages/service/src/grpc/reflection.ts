// Server reflection, v1 and v1alpha: which services and messages there are, for programs such as grpcurl.
import { type DescFile, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { Server } from '@grpc/grpc-js'
import { ReflectionService } from '@grpc/reflection'

/** A file after those that it imports. */
function withImports(file: DescFile, found = new Set<DescFile>()): Set<DescFile> {
  for (const dependency of file.dependencies) withImports(dependency, found)
  return found.add(file)
}

const encode = (file: DescFile): Buffer => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto))

/** `files` define the services that the server has. */
export function addReflection(server: Server, files: readonly DescFile[], services: readonly string[]): void {
  const all = files.flatMap((file) => [...withImports(file)])
  // The library takes what its own loader returns, of which it reads only the descriptors.
  const loaded = { files: { fileDescriptorProtos: [...new Set(all)].map(encode) } }
  const reflection = new ReflectionService(loaded as never, { services: [...services] })
  reflection.addToServer(server)
}
