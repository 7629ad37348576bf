"""Signs up, signs in, and calls Postern with the access token, over gRPC. README.md is its guide.

Usage: python3 sign_in.py <address> <descriptors> [<service>]
"""
import secrets
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TIMEOUT_SECONDS = 10


def read_descriptors(path):
    """Reads what `buf build` has written. No code is generated."""
    pool = descriptor_pool.DescriptorPool()
    with open(path, "rb") as file:
        for definition in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
            pool.AddSerializedFile(definition.SerializeToString())
    return pool


def message_class(pool, descriptor):
    # Debian 12 has a version of protobuf that has only the other name.
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


class Client:
    """Calls the RPCs of one service."""

    def __init__(self, channel, pool, service):
        self.channel = channel
        self.pool = pool
        self.service = pool.FindServiceByName(service)

    def call(self, rpc, fields=None, access_token=None):
        method = self.service.methods_by_name[rpc]
        request = message_class(self.pool, method.input_type)
        response = message_class(self.pool, method.output_type)
        stub = self.channel.unary_unary(
            f"/{self.service.full_name}/{rpc}", request.SerializeToString, response.FromString
        )
        metadata = [("authorization", f"Bearer {access_token}")] if access_token else []
        return stub(request(**(fields or {})), metadata=metadata, timeout=TIMEOUT_SECONDS)

    def code_of(self, error):
        """The error code of Postern, from google.rpc.ErrorInfo. docs/errors.md explains each."""
        status = message_class(self.pool, self.pool.FindMessageTypeByName("google.rpc.Status"))
        info = message_class(self.pool, self.pool.FindMessageTypeByName("google.rpc.ErrorInfo"))
        for key, value in error.trailing_metadata():
            if key != "grpc-status-details-bin":
                continue
            for detail in status.FromString(value).details:
                if detail.type_url.endswith("/google.rpc.ErrorInfo"):
                    return info.FromString(detail.value).reason
        return None


def main(address, descriptors, service="postern.auth.v1.AuthService"):
    email = f"{secrets.token_hex(8)}@example.com"
    password = secrets.token_urlsafe(16)

    # With TLS: grpc.secure_channel(address, grpc.ssl_channel_credentials())
    with grpc.insecure_channel(address) as channel:
        client = Client(channel, read_descriptors(descriptors), service)

        client.call("Register", {"email": email, "password": password, "first_name": "Ada"})
        print("registered")

        login = client.call("Login", {"email": email, "password": password})
        print(f"signed in, {login.token_type}")

        validation = client.call("ValidateToken", {"token": login.token})
        print(f"valid: {validation.valid}, the same user: {validation.user_id == login.user.id}")

        profile = client.call("GetUserProfile", access_token=login.token)
        print(f"profile of {profile.user.first_name}, the same address: {profile.user.email == email}")

        client.call("Logout", access_token=login.token)
        print("signed out")

        validation = client.call("ValidateToken", {"token": login.token})
        print(f"valid: {validation.valid}")
        try:
            client.call("GetUserProfile", access_token=login.token)
        except grpc.RpcError as error:
            print(f"refused: {error.code().name}, {client.code_of(error)}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
