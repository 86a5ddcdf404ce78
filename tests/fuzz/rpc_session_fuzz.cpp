// What a gRPC client may send on a connection, from its first byte on.
#include <cstdint>
#include <string_view>

#include "net/detail/rpc_session.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace gyre::net;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    detail::RpcSession session({.max_message_bytes = 1 << 16, .max_calls = 8}, "127.0.0.1");
    gyre::core::SteadyTime now{std::chrono::hours(1)};
    // In pieces, the first byte saying how large, and with answers as a server would give them.
    const size_t piece = size == 0 ? 1 : 1 + data[0] % 64;
    for (size_t at = 0; at < bytes.size(); at += piece) {
        now += std::chrono::seconds(1);
        if (!session.Receive(bytes.substr(at, piece), now)) break;
        for (const auto& event : session.TakeEvents()) {
            if (event.kind != detail::RpcEvent::Kind::kReadable) continue;
            while (auto message = session.Take(event.call)) {
                if (!*message || !**message) break;
                session.Write(event.call, ***message);
            }
            if (event.call % 4 == 1) session.Finish(event.call, {RpcCode::kOk, "done"});
        }
        session.FailStalled(now - std::chrono::seconds(20));
        (void)session.Output();
    }
    session.GoAway();
    (void)session.Output();
    return 0;
}
