// Bolt: any bytes after the handshake are answered or end the connection.
#include <cstdint>
#include <string>
#include <string_view>

#include "graph/bolt/pack_stream.h"
#include "graph/temporal.h"

using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto message = bolt::ReadMessage(bytes);
    if (!message) return 0;
    for (const Value& field : message->fields) static_cast<void>(DisplayText(field));
    return 0;
}
