#pragma once

#include <memory>

#include "core/gzip.h"
#include "net/exchange.h"

namespace gyre::transform {

/// The content of a gzip object, unpacked as it is read.
class GunzipReader final : public net::BodyReader {
  public:
    explicit GunzipReader(std::unique_ptr<net::BodyReader> packed);
    [[nodiscard]] core::Result<size_t> Read(std::span<char> into) override;
    [[nodiscard]] std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    std::unique_ptr<net::BodyReader> packed_;
    core::GunzipStream stream_;
    std::string piece_;
    std::string_view rest_;  ///< of `piece_`, not unpacked yet
};

/// Reads and drops `bytes`. Errors: kInvalidArgument where the input is shorter, and its own.
[[nodiscard]] core::Status Skip(net::BodyReader& input, uint64_t bytes);

}  // namespace gyre::transform
