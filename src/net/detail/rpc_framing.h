#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::net::detail {

/// How a client packs its messages: its header grpc-encoding.
enum class RpcCoding { kIdentity, kGzip, kDeflate };
/// nullopt for one that is not known here; "" is kIdentity.
[[nodiscard]] std::optional<RpcCoding> ParseRpcCoding(std::string_view name);

/// Cuts the data of a call into its messages: each has a byte that says whether it is packed, and
/// its length in 4 bytes (gRPC's Length-Prefixed-Message).
class RpcMessageReader {
  public:
    RpcMessageReader(size_t max_bytes, RpcCoding coding) : max_bytes_(max_bytes), coding_(coding) {}

    /// Appends what is whole by now. Errors: kResourceExhausted for a message over the limit,
    /// packed or not; kInvalidArgument for one that cannot be unpacked. After one, nothing more is
    /// to be added.
    [[nodiscard]] core::Status Add(std::string_view data, std::deque<std::string>& messages);
    /// A message has begun and is not whole.
    [[nodiscard]] bool Midway() const { return in_body_ || !prefix_.empty(); }
    /// Bytes held of it.
    [[nodiscard]] size_t Held() const { return body_.size(); }

  private:
    [[nodiscard]] core::Result<std::string> Unpacked(std::string packed) const;

    const size_t max_bytes_;
    const RpcCoding coding_;
    std::string prefix_;
    bool in_body_ = false;
    bool packed_ = false;
    size_t size_ = 0;
    std::string body_;
};

/// The message with its prefix, unpacked.
void AppendRpcMessage(std::string& out, std::string_view message);

/// grpc-timeout, "100m": up to 8 digits and one of H, M, S, m, u, n. nullopt for anything else.
[[nodiscard]] std::optional<core::microseconds> ParseRpcTimeout(std::string_view text);

/// grpc-message: percent-encoded but for printable ASCII.
[[nodiscard]] std::string EncodeRpcMessage(std::string_view text);

}  // namespace gyre::net::detail
