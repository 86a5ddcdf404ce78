#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::serving::torchserve {

/// TorchServe's three keys, in key_file.json: for predictions, for management, and for new ones of
/// either. The first two run out. Thread-safe.
class Tokens {
  public:
    enum class Kind { kInference, kManagement, kApi };

    /// Makes new keys and writes the file, which only its owner may read.
    [[nodiscard]] static core::Result<std::unique_ptr<Tokens>> Make(
        const std::filesystem::path& file, int minutes, const core::Clock& clock);

    /// Whether the request shows ("Authorization: Bearer KEY") the key of that kind, in time.
    [[nodiscard]] bool Permits(const net::Headers& headers, Kind kind) const;
    /// A new key in the old one's place; the file is written anew.
    [[nodiscard]] core::Status Renew(Kind kind);

  private:
    struct Key {
        std::string text;
        core::WallTime until{};
    };
    struct Keys {
        Key inference;
        Key management;
        std::string api;
    };
    Tokens(std::filesystem::path file, int minutes, const core::Clock& clock)
        : file_(std::move(file)), minutes_(minutes), clock_(clock) {}
    [[nodiscard]] Key NewKey() const;
    [[nodiscard]] core::Status Write(const Keys& keys) const;

    const std::filesystem::path file_;
    const int minutes_;
    const core::Clock& clock_;
    core::Guarded<Keys> keys_;
};

}  // namespace gyre::serving::torchserve
