// Messages of gRPC's inference, from clients; and answers of models, from hosts.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "grpc/inference_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace gyre;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto body = grpc::ReadInferRequest(bytes)) {
        if (body->json_bytes > body->body.size()) std::abort();
        (void)grpc::WriteInferResponse(body->body, body->json_bytes);
    }
    (void)grpc::WriteInferResponse(bytes, size / 2);
    (void)grpc::WriteInferResponse(bytes, size, true);
    return 0;
}
